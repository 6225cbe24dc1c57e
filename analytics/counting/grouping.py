"""Sums of rows by an integer code, with numpy. Pure."""

import numpy as np

from analytics.counting.columns import Integers, Seconds


def starts(ordered: Integers) -> Integers:
    """Where each group of equal values begins."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])


def added(code: Integers, amounts: Integers) -> Integers:
    """For each distinct code one row: it, and the sums of its rows of amounts."""
    order = np.argsort(code)
    ordered = code[order]
    begins = starts(ordered)
    return np.column_stack([ordered[begins], np.add.reduceat(amounts[order], begins, axis=0)])


def newest(
    code: Integers, amounts: Integers, last: Seconds, name: Integers
) -> tuple[Integers, Seconds, Integers]:
    """As `added`; with the newest sale of each code, and the greatest name that it had then."""
    order = np.argsort(code)
    ordered, last, name = code[order], last[order], name[order]
    begins = starts(ordered)
    if not len(begins):
        return np.zeros((0, amounts.shape[1] + 1), np.int64), last, name
    latest = np.maximum.reduceat(last, begins)
    lengths = np.diff(begins, append=len(ordered))
    of_latest = np.where(last == np.repeat(latest, lengths), name, -1)
    rows = np.column_stack([ordered[begins], np.add.reduceat(amounts[order], begins, axis=0)])
    return rows, latest, np.maximum.reduceat(of_latest, begins)
