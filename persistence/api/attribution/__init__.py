"""What became of each conversion, over HTTP."""
