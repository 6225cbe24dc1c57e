"""Definitions of receivers as text, for tests of what is made of them."""

#: A shop whose sales have lines alone; whose tax is to follow.
SHOP = """title = "A shop"
[signature]
scheme = "token"
query = "token"
[sale]
key = "id"
version = "'1'"
number = "id"
time = "time"
store = "'1'"
rest = "'cash'"
[[sale.lines]]
each = "lines[]"
name = "'x'"
amount = "amount"
tax_included = "`true`"
"""
