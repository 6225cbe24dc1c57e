"""A day of sales as vendors would send it: signed, edited, refunded, doubled, out of order."""
