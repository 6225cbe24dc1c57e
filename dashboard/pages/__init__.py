"""What readers see: every page, its parts, and how figures and words are written."""
