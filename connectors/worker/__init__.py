"""From the log of deliveries to receipts on the log of receipts, each once."""
