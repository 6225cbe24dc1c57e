"""Stores, tills and shoppers that do not exist."""

import tillstream  # noqa: F401 - says in one line that packages are missing
