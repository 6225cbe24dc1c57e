"""Questions to the archive over HTTP, read only."""
