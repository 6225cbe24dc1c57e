"""Receipts as streams: the log of the receipts counted into windows, each receipt once."""
