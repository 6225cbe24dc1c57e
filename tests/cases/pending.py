"""Tests that wait for a mend: each fails until then, and has to leave this list with it."""

PENDING: frozenset[str] = frozenset()
