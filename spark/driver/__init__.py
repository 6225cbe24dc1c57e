"""What every query of ours shares: its session's micro-batches, handed to the one writer."""
