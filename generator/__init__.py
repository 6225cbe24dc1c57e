"""Stores, tills and shoppers that do not exist."""
