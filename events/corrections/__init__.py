"""Rows of attributions that late events have made wrong, corrected."""
