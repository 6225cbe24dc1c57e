"""The worker: batches from the durable queue into the archive."""
