"""Breaks a running system on purpose, and proves that no receipt was lost or counted twice."""
