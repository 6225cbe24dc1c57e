"""The conversions that are open: not final yet. Never changed: replaced."""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from events.attribution.codes import Codes, Numbers

_Column = TypeVar("_Column", Numbers, npt.NDArray[np.bool_])

#: Of rows that were not made yet.
NOT_MADE = -1


class Conversions(NamedTuple):
    """Conversions in the order of the log, column by column."""

    codes: Numbers
    times: Numbers
    #: Their numbers in the store of their fields.
    numbers: Numbers
    #: How many touches were found when their rows were made.
    found: Numbers
    #: The number of the row that was made; of the first row of credits, and how many those are.
    made: Numbers
    credits: Numbers
    credit_rows: Numbers
    #: Whether a table lacked its row.
    lacks: npt.NDArray[np.bool_]
    #: By table the numbers of the values that it is joined by, -1 of null.
    by: tuple[Numbers, ...]

    @classmethod
    def new(
        cls, codes: Numbers, times: Numbers, numbers: Numbers, by: tuple[Numbers, ...]
    ) -> "Conversions":
        """Conversions without rows."""
        nothing = np.full(len(codes), NOT_MADE, np.int64)
        lacks = np.zeros(len(codes), np.bool_)
        return cls(codes, times, numbers, nothing, nothing, nothing, nothing, lacks, by)

    def added(self, more: "Conversions") -> "Conversions":
        """These, then those."""
        *columns, ours = self
        *others, theirs = more
        joined = [np.concatenate(pair) for pair in zip(columns, others, strict=True)]
        by = tuple(np.concatenate(pair) for pair in zip(ours, theirs, strict=True))
        return Conversions._make([*joined, by])

    def at(self, which: npt.NDArray[np.bool_] | Numbers) -> "Conversions":
        """Some of them, by a mask or by their places."""
        *columns, by = self
        return Conversions._make(
            [*(column[which] for column in columns), tuple(each[which] for each in by)]
        )

    def with_rows(
        self, which: Numbers, found: Numbers, made: Numbers, lacks: npt.NDArray[np.bool_]
    ) -> "Conversions":
        """With rows that were made anew for the places `which`."""
        return self._replace(
            found=_put(self.found, which, found),
            made=_put(self.made, which, made),
            lacks=_put(self.lacks, which, lacks),
        )

    def with_credits(self, which: Numbers, begins: Numbers, rows: Numbers) -> "Conversions":
        """With credits that were made anew for the places `which`."""
        return self._replace(
            credits=_put(self.credits, which, begins),
            credit_rows=_put(self.credit_rows, which, rows),
        )


def is_among(codes: Codes, held: Numbers, wanted: Numbers) -> npt.NDArray[np.bool_]:
    """For each held number whether it is a wanted one; -1 is none."""
    marks = np.zeros(len(codes) + 1, np.bool_)
    marks[wanted] = True
    marks[-1] = False
    return marks[held]


def _put(column: _Column, which: Numbers, values: _Column) -> _Column:
    changed = column.copy()
    changed[which] = values
    return changed
