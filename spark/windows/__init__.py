"""Windows of declared streams, counted by Spark: the events worker with executors."""
