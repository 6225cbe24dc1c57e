"""Puts what differs into the outbox of the state: the row as it is published is taken back, and the
right one put, both or neither.

The worker publishes it, counts it when it comes back, and stores it, as any row that it has made.
A conversion that is final changes no more but for a table that it waits for; so beside the outbox
only what waits is changed, in the same transaction.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.codes import Numbers
from events.attribution.inputs import single
from events.attribution.stamping import Change, MadeRows, made_rows
from events.attribution.tables import Tables, Waiting
from events.attribution.waiting_rows import WaitingRows
from events.outbox.messages import messages
from events.outbox.table import Outbox
from events.verify.conversion_comparison import Compared
from events.windows.state_file import State
from tillstream.streams.changes import IS_FINAL, IS_LATE, MISSING, ROW_VERSION, value_column
from tillstream.streams.definition import MICROSECONDS, Attribution, Definitions

#: Conversions of a transaction: the worker waits for it.
BATCH = 2_000


class _Found(NamedTuple):
    """A conversion that waits for a table."""

    number: int
    waiting: Waiting


class Corrections:
    """Those of one attribution."""

    def __init__(
        self,
        attribution: Attribution,
        definitions: Definitions,
        state: State,
        writer: State,
        waiting: WaitingRows,
        *,
        has_sink: bool,
    ) -> None:
        """`state` is read as it was compared; `writer` is the same file, as it is now."""
        self._attribution = attribution
        self._streams = {
            name: definitions.streams[name] for name in (attribution.stream, attribution.credits)
        }
        self._touch_columns = [
            value_column(attribution.touches, field.name)
            for field in definitions.streams[attribution.touches].fields
        ]
        self._before, self._now = Tables(state.database), Tables(writer.database)
        self._writer = writer
        self._outbox = Outbox(writer.database)
        self._waiting = waiting
        self._has_sink = has_sink

    def write(self, compared: Compared) -> int:
        """Write what differs; returns how many conversions are corrected now.

        Not those whose table came meanwhile: they are others now.
        """
        which = np.flatnonzero(compared.differs)
        written = 0
        for begin in range(0, len(which), BATCH):
            self._writer.begin()
            try:
                written += self._write(compared, which[begin : begin + BATCH])
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise
        return written

    def _write(self, compared: Compared, which: Numbers) -> int:
        lacked = single(compared.published, MISSING).take(pa.array(which)).is_valid()
        lacking = which[np.asarray(lacked)]
        before = self._find(self._before, compared, lacking)
        now = self._find(self._now, compared, lacking)
        is_gone = [place in before and before[place] != now.get(place) for place in which.tolist()]
        which = which[~np.array(is_gone, np.bool_)]
        corrected = {
            place: _Found(now[place].number, self._corrected(compared, place, now[place].waiting))
            for place in which.tolist()
            if place in now
        }
        self._now.replace_waiting({one.number: one.waiting for one in corrected.values()})
        # Credits first, as the worker does.
        for made in reversed(self._made(compared, which, corrected)):
            self._outbox.put(
                messages(
                    made,
                    self._streams[made.stream],
                    int(time.time() * MICROSECONDS),
                    conversion_id=self._attribution.conversion_id,
                    to_store=self._has_sink,
                )
            )
        return len(which)

    def _made(
        self, compared: Compared, which: Numbers, corrected: Mapping[int, _Found]
    ) -> list[MadeRows]:
        rows = which[compared.rows_differ[which]]
        credited = which[compared.credits_differ[which]]
        old = compared.published.take(pa.array(rows[compared.has_row[rows]]))
        of = single(compared.published_credits, self._attribution.conversion_id)
        old_credits = compared.published_credits.filter(
            pc.is_in(of, value_set=compared.ids.take(pa.array(credited)))
        )
        alone = [place for place in rows.tolist() if place not in corrected]
        # What waits is made of what its row shows of the tables that it has.
        waiting = [corrected[place].waiting for place in rows.tolist() if place in corrected]
        new = compared.expected.take(pa.array(alone, pa.int64()))
        values = compared.made.values
        new_credits = values.credits.filter(pa.array(np.isin(values.credited, credited)))
        version = 1 + max(_greatest_version(old), _greatest_version(old_credits))
        changes = {
            self._attribution.stream: [
                _taken_back(old),
                Change(new, 1, True, False),
                Change(self._waiting.rows(waiting), 1, True, False),
            ],
            self._attribution.credits: [
                _taken_back(old_credits),
                Change(new_credits, 1, True, False),
            ],
        }
        return [
            made
            for name in changes
            for made in made_rows(self._streams[name], changes[name], version)
        ]

    def _find(self, tables: Tables, compared: Compared, lacking: Numbers) -> dict[int, _Found]:
        """Those that wait for a table, by their places."""
        ids = compared.ids.take(pa.array(lacking)).to_pylist()
        places = dict(zip(ids, lacking.tolist(), strict=True))
        found = {}
        for joined in self._attribution.tables:
            values = single(compared.made.values.flat, joined.by).take(pa.array(lacking))
            keys = values.unique().drop_null().to_pylist()
            waiting = tables.waiting(self._attribution.stream, joined.stream, keys)
            for number, one in waiting.items():
                place = places.get(one.values[self._attribution.conversion_id])
                if place is not None:
                    found[place] = _Found(number, one)
        return found

    def _corrected(self, compared: Compared, place: int, one: Waiting) -> Waiting:
        [flat] = compared.made.values.flat.slice(place, 1).to_pylist()
        touch = {name: flat[name] for name in self._touch_columns if name in flat}
        return one._replace(
            values={**one.values, **touch},
            touches=int(compared.made.values.counts[place]),
            is_late=False,
        )


def _taken_back(rows: pa.Table) -> Change:
    is_final, is_late = (np.asarray(single(rows, name)) for name in (IS_FINAL, IS_LATE))
    return Change(rows, -1, is_final, is_late)


def _greatest_version(rows: pa.Table) -> int:
    return pc.max(rows.column(ROW_VERSION)).as_py() or 0
