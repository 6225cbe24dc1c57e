"""Rows of Arrow by number: added at the end, gathered in any order, replaced as a whole."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from events.attribution.codes import Numbers

#: So many rows without use are never too many.
SPARE_ROWS = 10_000


class RowStore(NamedTuple):
    """Rows numbered from 0. It is never changed: what adds gives another one."""

    #: Each at least twice as long as the next one, so that there are few.
    parts: tuple[pa.Table, ...]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(part.num_rows for part in self.parts)

    def added(self, rows: pa.Table) -> "RowStore":
        """With rows at the end, of the same schema."""
        if not rows.num_rows:
            return self
        parts = [part for part in self.parts if part.num_rows]
        parts.append(rows)
        while len(parts) > 1 and parts[-2].num_rows < 2 * parts[-1].num_rows:
            parts[-2:] = [pa.concat_tables(parts[-2:])]
        parts[-1] = parts[-1].combine_chunks()
        return RowStore(tuple(parts))

    def gather(self, numbers: Numbers, names: Sequence[str] | None = None) -> pa.Table:
        """The rows of these numbers in their order, all columns or those of `names`."""
        parts = self.parts if names is None else [part.select(names) for part in self.parts]
        if not len(numbers):
            return parts[0].slice(0, 0)
        begins = np.cumsum([0, *(part.num_rows for part in parts)])
        of_part = np.zeros(len(numbers), np.int8)
        for begin in begins[1:-1]:
            of_part += numbers >= begin
        # Each column of each part costs a call: small gathers ask for rows of one part.
        used = np.unique(of_part).tolist()
        if len(used) == 1:
            return parts[used[0]].take(numbers - begins[used[0]])
        pieces = [parts[one].take(numbers[of_part == one] - begins[one]) for one in used]
        place = np.empty(len(numbers), np.int64)
        place[np.argsort(of_part, kind="stable")] = np.arange(len(numbers))
        return pa.concat_tables(pieces).combine_chunks().take(place)

    def column(self, name: str, numbers: Numbers) -> pa.Array:
        """One column of these rows."""
        return self.gather(numbers, [name]).column(0).combine_chunks()

    def is_sparse(self, used: int) -> bool:
        """Whether so few of its rows are used that the others should go."""
        return self.size > 2 * used + SPARE_ROWS

    def only(self, numbers: Numbers) -> "RowStore":
        """These rows alone, numbered anew in their order."""
        return RowStore((self.gather(numbers).combine_chunks(),))
