"""All that a batch adds: to the totals of days, and to the figures of days and stores. Pure."""

from typing import NamedTuple

from analytics.counting.columns import Columns
from analytics.counting.figure_sums import FigureSums, figure_sums
from analytics.counting.folds import Sums, summed


class BatchSums(NamedTuple):
    """What the receipts of a batch add."""

    totals: Sums
    figures: FigureSums


def batch_sums(columns: Columns) -> BatchSums:
    """Of the receipts whose amounts the columns have."""
    return BatchSums(summed(columns), figure_sums(columns))
