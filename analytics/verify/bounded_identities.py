"""The identities of a whole log in bounded memory: the days in use, the others in a ledger.

A log has its days more or less one after the other. The identities of the days that were used
last are sorted arrays in memory, 32 bytes each; what is over the bound goes, day by day, into the
blocks of the ledger, where a late receipt is looked up.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from analytics.ledger.identities import Identities, first_contents
from analytics.ledger.identity_records import (
    NO_RECORDS,
    Prefixes,
    Records,
    by_day,
    from_blob,
    in_order,
    key_at,
    keys_of,
    prefixes,
    records_of,
)
from tillstream.ledger import KEY_BYTES

#: Identities in memory, more than a day of 2 million: some 100 MB, and twice that where runs are
#: merged.
MOST_IN_MEMORY = 2_500_000
#: A run is merged with the one before it, unless that is so many times as large.
RUN_GROWTH = 4


class _Run:
    """Sorted records of a day."""

    def __init__(self, ordered: Prefixes, records: Records) -> None:
        self.prefixes = ordered
        self.records = records

    def merged(self, other: "_Run") -> "_Run":
        together = np.concatenate((self.prefixes, other.prefixes))
        # Two sorted runs: a stable sort merges them.
        order = np.argsort(together, kind="stable")
        return _Run(together[order], np.concatenate((self.records, other.records))[order])

    def known(self, ordered: Prefixes, records: Records) -> dict[bytes, bytes]:
        """Those of some records whose keys are here, with the contents that they have here."""
        found: dict[bytes, bytes] = {}
        places = np.searchsorted(self.prefixes, ordered)
        nearest = np.minimum(places, len(self.prefixes) - 1)
        for index in np.flatnonzero(self.prefixes[nearest] == ordered).tolist():
            key, place = key_at(records, index), int(places[index])
            while place < len(self.prefixes) and self.prefixes[place] == ordered[index]:
                if key_at(self.records, place) == key:
                    found[key] = self.records[place, KEY_BYTES:].tobytes()
                place += 1
        return found


class _OpenDay:
    """What is in memory of a day: a few runs, each much larger than the next one."""

    def __init__(self) -> None:
        self.runs: list[_Run] = []
        self.seen_day = 0
        #: Whether the ledger has more of it.
        self.is_elsewhere = False

    def add(self, run: _Run) -> None:
        self.runs.append(run)
        while len(self.runs) > 1 and len(self.runs[-2].prefixes) < RUN_GROWTH * len(run.prefixes):
            run = self.runs[-2].merged(run)
            self.runs[-2:] = [run]

    def records(self) -> Records:
        return in_order(np.concatenate([run.records for run in self.runs] or [NO_RECORDS]))

    def __len__(self) -> int:
        return sum(len(run.prefixes) for run in self.runs)


class BoundedIdentities:
    """As `analytics.ledger.identities`, faster and with the same answers."""

    def __init__(self, ledger: Identities, most: int | None = None) -> None:
        """`ledger` gets what does not fit, and everything in the end."""
        self._ledger = ledger
        self._most = MOST_IN_MEMORY if most is None else most
        #: By their day, the one that was used last at the end.
        self._open: OrderedDict[int, _OpenDay] = OrderedDict()
        self._in_memory = 0
        #: How many there are.
        self.count = 0

    def add(
        self, keys: list[bytes], contents: list[bytes], seen_days: Sequence[int]
    ) -> list[bytes | None]:
        """For each in turn None when it is new, and now kept; else the content first seen."""
        if not keys:
            return []
        ordered = in_order(from_blob(b"".join(records_of(keys, contents))))
        known = self._known(ordered)
        sorted_keys = keys_of(ordered)
        if not known and not (sorted_keys[1:] == sorted_keys[:-1]).any():
            self._keep(ordered, max(seen_days))
            return [None] * len(keys)
        first, new = first_contents(known, keys, contents, records_of(keys, contents))
        if new:
            self._keep(in_order(from_blob(b"".join(new))), max(seen_days))
        return first

    def known(self, keys: list[bytes]) -> dict[bytes, bytes]:
        """Those of some keys that are kept, with their contents."""
        if not keys:
            return {}
        return self._known(in_order(from_blob(b"".join(key + bytes(8) for key in keys))))

    def days(self) -> list[int]:
        """Every day (ordinal) with identities, oldest first."""
        return sorted({each.day for each in self._ledger.days()} | self._open.keys())

    def of_day(self, day: int) -> Records:
        """The records of a day, sorted."""
        kept = self._ledger.of_day(day)
        if (open_day := self._open.get(day)) is None:
            return kept
        return in_order(np.concatenate((kept, open_day.records())))

    def close(self, *, keep_open_from: int | None = None) -> None:
        """Leave everything to the ledger; from a day on as rows, to which more are added fast."""
        for day in list(self._open):
            as_rows = keep_open_from is not None and day >= keep_open_from
            self._close_day(day, as_rows=as_rows)

    def _known(self, ordered: Records) -> dict[bytes, bytes]:
        known: dict[bytes, bytes] = {}
        for day, records in by_day(ordered):
            open_day = self._opened(day)
            of_day = prefixes(records)
            for run in open_day.runs:
                known |= run.known(of_day, records)
            if open_day.is_elsewhere:
                known |= self._ledger.known(list(map(bytes, records[:, :KEY_BYTES])))
        return known

    def _keep(self, ordered: Records, seen_day: int) -> None:
        for day, records in by_day(ordered):
            open_day = self._opened(day)
            open_day.add(_Run(prefixes(records), records))
            open_day.seen_day = max(open_day.seen_day, seen_day)
        self.count += len(ordered)
        self._in_memory += len(ordered)
        while self._in_memory > self._most:
            self._close_day(next(iter(self._open)))

    def _opened(self, day: int) -> _OpenDay:
        open_day = self._open.get(day)
        if open_day is None:
            open_day = self._open[day] = _OpenDay()
            open_day.is_elsewhere = self._ledger.day(day) is not None
        self._open.move_to_end(day)
        return open_day

    def _close_day(self, day: int, *, as_rows: bool = False) -> None:
        open_day = self._open.pop(day)
        self._in_memory -= len(open_day)
        if not len(open_day):
            return
        records = open_day.records()
        open_day.runs.clear()
        if as_rows:
            self._ledger.keep_open(records, open_day.seen_day)
        else:
            self._ledger.keep_closed(day, records, open_day.seen_day)
