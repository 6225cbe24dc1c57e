"""The REST door: validate a receipt, publish it with a confirm, answer."""

import tillstream  # noqa: F401 - says in one line that packages are missing
