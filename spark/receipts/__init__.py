"""The totals worker with Spark as what decodes."""
