"""Fuzz of a whole system: receipts of the contract's whole range and broken ones (docs/fuzz.md)."""
