"""Receipts move from MongoDB to Parquet by themselves: exported, proved, dropped by the day."""
