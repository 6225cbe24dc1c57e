"""The touches that are held, in the order of key, time and id. Never changed: replaced."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.codes import Numbers
from events.attribution.inputs import OFFSET, TOUCH_ID
from events.attribution.row_store import RowStore
from events.attribution.spans import Spans, find_spans, first_not_before

#: The share of old touches from which they are removed: a quarter.
_OLD_SHARE = 4


class Touches(NamedTuple):
    """Sorted touches; those of equal key, time and id are one, the first of the log."""

    codes: Numbers
    times: Numbers
    #: Their numbers in the store, where they stand in the order of the log.
    numbers: Numbers
    #: Where those of each key begin, and at last how many touches there are.
    begins: Numbers
    rows: RowStore

    @classmethod
    def none(cls, schema: pa.Schema) -> "Touches":
        """No touches, with rows of that schema."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, empty, np.zeros(1, np.int64), RowStore((schema.empty_table(),)))

    def added(self, codes: Numbers, times: Numbers, rows: pa.Table) -> "Touches":
        """With touches in the order of the log."""
        if not len(codes):
            return self
        first_new = self.rows.size
        order = _order(codes, times)
        codes, times = codes[order], times[order]
        low, high = self._group(codes)
        # Behind those of the same time, as in the log.
        place = first_not_before(self.times, low, high, times + 1) + np.arange(len(codes))
        is_held = np.ones(len(self.codes) + len(codes), np.bool_)
        is_held[place] = False
        merged = Touches(
            _merged(self.codes, codes, place, is_held),
            _merged(self.times, times, place, is_held),
            _merged(self.numbers, order + first_new, place, is_held),
            self.begins,
            self.rows.added(rows),
        )
        return merged._settled(first_new)._grouped()

    def spans(self, keys: Numbers, times: Numbers, window_us: int, floor_us: int) -> Spans:
        """The touches of conversions: of their key, from the window before their time on, and
        none from before `floor_us`.
        """
        low, high = self._group(keys)
        return find_spans(self.times, low, high, np.maximum(times - window_us, floor_us), times)

    def without_old(self, floor_us: int) -> "Touches":
        """Without those of before `floor_us`, as soon as they are many."""
        is_needed = self.times >= floor_us
        kept = self
        if (len(self.times) - int(np.count_nonzero(is_needed))) * _OLD_SHARE > len(self.times):
            kept = self._where(is_needed)._grouped()
        if not kept.rows.is_sparse(len(kept.numbers)):
            return kept
        is_used = np.zeros(kept.rows.size, np.bool_)
        is_used[kept.numbers] = True
        renumbered = np.cumsum(is_used) - 1
        return kept._replace(
            numbers=renumbered[kept.numbers], rows=kept.rows.only(np.flatnonzero(is_used))
        )

    def oldest_offset(self) -> int | None:
        """Of all that is held; the store has it in the order of the log."""
        if not len(self.numbers):
            return None
        return int(self.rows.column(OFFSET, self.numbers.min(keepdims=True))[0].as_py())

    def renumbered(self, codes: Numbers) -> "Touches":
        """With the key of the number n as codes[n], in the same order."""
        return self._replace(codes=codes[self.codes])._grouped()

    def _group(self, keys: Numbers) -> tuple[Numbers, Numbers]:
        """Between which positions the touches of each key are; -1 and new keys have none."""
        last = len(self.begins) - 1
        return self.begins[np.minimum(keys, last)], self.begins[np.minimum(keys + 1, last)]

    def _grouped(self) -> "Touches":
        return self._replace(begins=np.cumsum(np.append(0, np.bincount(self.codes))))

    def _where(self, mask: npt.NDArray[np.bool_]) -> "Touches":
        return self._replace(
            codes=self.codes[mask], times=self.times[mask], numbers=self.numbers[mask]
        )

    def _settled(self, first_new: int) -> "Touches":
        """Those of the same key and time in the order of their ids, of equal ones the first."""
        same = (self.codes[1:] == self.codes[:-1]) & (self.times[1:] == self.times[:-1])
        if not same.any():
            return self
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        begins = np.flatnonzero(np.append(True, ~same[tied[1:] - 1]))
        run = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(tied)))
        # What was held together before is in order.
        has_new = np.maximum.reduceat(self.numbers[tied], begins) >= first_new
        tied, run = tied[has_new[run]], run[has_new[run]]
        if not len(tied):
            return self
        numbers = self.numbers[tied]
        ranks = np.asarray(
            pc.rank(self.rows.column(TOUCH_ID, numbers), tiebreaker="dense"), dtype=np.int64
        )
        order = np.lexsort((numbers, ranks, run))
        settled = self.numbers.copy()
        settled[tied] = numbers[order]
        is_first = np.ones(len(settled), np.bool_)
        ranks = ranks[order]
        is_first[tied[1:]] = (run[1:] != run[:-1]) | (ranks[1:] != ranks[:-1])
        in_order = self._replace(numbers=settled)
        return in_order if is_first.all() else in_order._where(is_first)


def _order(codes: Numbers, times: Numbers) -> Numbers:
    """The order by key and time; those of the same may stand in any."""
    first = int(times.min())
    span = int(times.max()) - first + 1
    if (int(codes.max()) + 1) * span < 2**63:
        return np.argsort(codes * span + (times - first))
    return np.lexsort((times, codes))


def _merged(held: Numbers, new: Numbers, place: Numbers, is_held: npt.NDArray[np.bool_]) -> Numbers:
    merged = np.empty(len(is_held), np.int64)
    merged[place] = new
    merged[is_held] = held
    return merged
