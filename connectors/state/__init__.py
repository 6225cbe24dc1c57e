"""What the worker keeps on disk: sales, position, set-aside deliveries, counters, outbox."""
