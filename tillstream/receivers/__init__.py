"""Receivers: how deliveries of other vendors are checked and read, by definition."""
