"""Windows over streams of events: counted once, revised, published, and kept in MongoDB."""
