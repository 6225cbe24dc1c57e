"""Clicks and purchases of an online shop, and which click led to which purchase."""
