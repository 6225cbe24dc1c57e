"""Connectors: from what vendors deliver, and from files that tills export, to receipts."""
