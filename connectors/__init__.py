"""Connectors: from what vendors deliver, and from files that tills export, to receipts."""

import tillstream  # noqa: F401 - says in one line that packages are missing
