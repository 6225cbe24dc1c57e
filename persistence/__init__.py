"""The archive: batches from the durable queue to MongoDB, delays out."""
