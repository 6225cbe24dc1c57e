"""Questions to MongoDB and the broker: the filtered day, receipts, past days, the queues."""
