"""What the rooms share, and no more: contracts, codec, topology, broker, settings, logs."""
