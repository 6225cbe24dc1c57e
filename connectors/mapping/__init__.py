"""From a vendor's payload to the receipts of a sale, by a definition."""
