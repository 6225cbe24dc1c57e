"""The analytic archive: closed business days as Parquet, and SQL over every receipt."""
