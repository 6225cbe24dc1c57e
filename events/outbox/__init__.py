"""What the worker makes of events and sends to the log: kept, published, stored in MongoDB."""
