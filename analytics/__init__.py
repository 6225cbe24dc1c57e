"""Totals and rates: pure folds over the receipts log, a thin consumer for each."""
