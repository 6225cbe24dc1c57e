"""What a definition makes of a file: a dry run without a running system."""
