"""Customers, products, transactions, views, interactions and logs of an online shop."""
