"""Totals and rates: pure folds over the receipts log, a thin consumer for each."""

import tillstream  # noqa: F401 - says in one line that packages are missing
