"""Reading the receipts log: from an offset on, or all of it."""
