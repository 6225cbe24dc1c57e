"""The REST door: validate a receipt, publish it with a confirm, answer."""
