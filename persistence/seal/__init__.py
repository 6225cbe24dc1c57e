"""The seal: a hash chain over each till's receipts by business day, and its verifier."""
