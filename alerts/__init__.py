"""Tells people what they have to know now, and of yesterday in the morning."""
