"""Questions about the windows of streams that are declared."""
