"""Proves that what was posted is what the newest versions come to."""
