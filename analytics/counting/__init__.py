"""What is counted of receipts, in memory: batches as columns, sums, duplicates, tills."""
