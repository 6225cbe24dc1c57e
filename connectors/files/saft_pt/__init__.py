"""SAF-T (PT) 1.04: sales invoices of certified Portuguese programs, with their hash chain."""
