"""The whole log counted again, and compared with the ledger and the archive."""
