"""The archive of events: Parquet files by stream and day, named by a manifest."""
