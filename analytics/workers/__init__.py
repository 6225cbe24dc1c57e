"""The two processes that follow the log: totals and rate."""
