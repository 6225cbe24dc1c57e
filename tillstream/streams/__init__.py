"""Streams of events by definition: what is declared, how it travels, how it is counted."""
