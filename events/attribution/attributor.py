"""One attribution: conversions, each with the touches of its key in the window before it.

What a batch of events does, in this order:

1. the newest rows of tables are kept; final conversions that waited for one are mended;
2. touches are sorted into those that are held, repetitions dropped; conversions are opened;
3. those are made anew that are new, that have another number of touches than before, or whose
   tables changed what they show: the old row is taken back, the new one put;
4. those of before the watermark are final: their row says so, and they change no more; their
   credits are not told again for that;
5. touches that no open conversion can have are forgotten.

A batch is one change: what comes in it counts alike, whatever stands first. So all rows together
say at each commit what the events up to it say.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.attribution.codes import Numbers
from events.attribution.conversions import NOT_MADE, Conversions
from events.attribution.figures import AttributionFigures
from events.attribution.held import NEVER, Held
from events.attribution.inputs import Inputs, newest_rows
from events.attribution.making import RowMaker
from events.attribution.remaking import (
    have_more_touches,
    have_other_tables,
    remake,
    show_other_values,
)
from events.attribution.spans import each_position
from events.attribution.stamping import Change, MadeRows, made_rows
from events.attribution.tables import Key, Tables
from events.attribution.waiting_rows import WaitingRows
from events.windows.deduplication import NewEvents
from tillstream.streams.definition import Attribution, Definitions

Mask = npt.NDArray[np.bool_]


class Attributor:
    """Holds touches and open conversions in memory. One thread."""

    def __init__(
        self,
        attribution: Attribution,
        definitions: Definitions,
        tables: Tables,
        figures: AttributionFigures,
    ) -> None:
        """`figures` are those of the state's last commit.

        What is held has to be read again from the log, from the offset that `oldest_needed` gave at
        that commit, and given to `refill` before the first `take`.
        """
        #: As `take` has left them, to be written with its transaction.
        self.figures = figures
        self._inputs = Inputs(attribution, definitions)
        self._tables = tables
        self._streams = (
            definitions.streams[attribution.stream],
            definitions.streams[attribution.credits],
        )
        self._window_us = attribution.window_us
        self._maker = RowMaker(self._inputs, definitions, tables)
        self._waiting = WaitingRows(self._inputs, tables, self._maker)
        self._held = Held.nothing(self._inputs, self._maker.schema, self._maker.credits_schema)
        self._committed = self._held, self.figures

    @property
    def wanted(self) -> Mapping[str, frozenset[str]]:
        """The columns that it reads of each stream: only these streams' events matter to it."""
        return self._inputs.wanted

    def refill(self, events: Sequence[NewEvents]) -> None:
        """Hold events that were counted before, in the order of the log; nothing is made.

        Tables are not read from them: the state has those.
        """
        before = self.figures.final_before_us
        held, _, _ = self._held.with_touches(self._inputs, events, self._floor())
        self._held = held.with_conversions(
            self._inputs, events, NEVER if before is None else before
        )
        self._committed = self._held, self.figures

    def take(
        self, events: Sequence[NewEvents], watermark_us: int | None, position: int
    ) -> list[MadeRows]:
        """Add new events in the order of the log, and make the rows that change by it.

        To be called once in a transaction, also with no events where the watermark went on.
        `watermark_us` is the smaller of the inputs' watermarks after these events. `position` is
        the log's position after them; where it did not grow since the last rows, their
        `row_version` is one more than that of those.

        Returns at most one entry a stream. All of it is tentative until `committed` or `undone`.
        """
        old, before, floor_us = self.figures, self.figures.final_before_us, self._floor()
        # What was held again has the rows that the last commit gave it, of the tables as of it.
        held = self._held
        unmade = np.flatnonzero(held.conversions.made == NOT_MADE)
        if len(unmade):
            held = remake(self._maker, held, unmade, np.ones(len(unmade), np.bool_), floor_us).held
        nulled = old.nulled - self._maker.nulled

        came = self._put_tables(events)
        mended = self._waiting.mend(came)
        held, touched, touch_times = held.with_touches(self._inputs, events, floor_us)
        held = held.with_conversions(self._inputs, events)

        open_ = held.conversions
        final_before = _later(before, watermark_us)
        is_final = _is_before(open_.times, final_before)
        is_late = _is_before(open_.times, before)
        is_new = open_.made == NOT_MADE
        is_credited = is_new | have_more_touches(held, touched, self._window_us, floor_us)
        is_shown = have_other_tables(held, self._inputs.attribution.tables, came) & ~is_credited
        some = np.flatnonzero(is_shown)
        nulled += self._maker.nulled
        is_shown[some] = show_other_values(self._maker, held, some, floor_us)
        # What was only compared is not counted.
        nulled -= self._maker.nulled
        which = np.flatnonzero(is_credited | is_shown)
        back = open_.at(which[~is_new[which]])
        back_credits = open_.at(np.flatnonzero(is_credited & ~is_new))
        remade = remake(self._maker, held, which, is_credited[which], floor_us)
        held, open_ = remade.held, remade.held.conversions
        closed = open_.at(np.flatnonzero(is_final & ~_marked(which, len(open_.codes))))

        rows = [
            Change(held.made.gather(back.made), -1, False, False),
            Change(remade.rows, 1, is_final[which], is_late[which]),
            Change(held.made.gather(closed.made), 0, True, False),
        ]
        if mended is not None:
            rows[0:0] = [
                Change(mended.old, -1, True, mended.is_late),
                Change(mended.new, 1, True, mended.is_late),
            ]
        of = which[remade.values.credited]
        is_changed = is_credited[of]
        credit_changes = [
            Change(_credits(held, back_credits), -1, False, False),
            Change(
                remade.values.credits.filter(pa.array(is_changed)),
                1,
                is_final[of[is_changed]],
                is_late[of[is_changed]],
            ),
        ]
        self._let_wait(held, np.flatnonzero(is_final & open_.lacks), is_late, floor_us)
        version = max(position, old.row_version + 1)
        checkouts, credit_stream = self._streams
        made = [
            *made_rows(checkouts, rows, version),
            *made_rows(credit_stream, credit_changes, version),
        ]

        self.figures = AttributionFigures(
            old.name,
            open=int(np.count_nonzero(~is_final)),
            final=old.final + int(np.count_nonzero(is_final)),
            attributed=old.attributed + int(np.count_nonzero(open_.found[is_final])),
            waiting=old.waiting
            + int(np.count_nonzero(open_.lacks[is_final]))
            - (mended.done if mended is not None else 0),
            late_touches=old.late_touches + int(np.count_nonzero(_is_before(touch_times, before))),
            late_conversions=old.late_conversions + int(np.count_nonzero(is_late)),
            final_before_us=final_before,
            row_version=version if made else old.row_version,
            nulled=nulled + self._maker.nulled,
        )
        held = held._replace(conversions=open_.at(~is_final)) if is_final.any() else held
        self._held = held.tidied(self._floor())
        return made

    def committed(self) -> None:
        """The transaction is durable."""
        self._committed = self._held, self.figures

    def undone(self) -> None:
        """The transaction was rolled back: as before `take`, `figures` too."""
        self._held, self.figures = self._committed
        self._tables.forget()

    def oldest_needed(self) -> int | None:
        """The smallest log offset whose events are held, as `take` left them; None of none."""
        return self._held.oldest_offset()

    def _floor(self) -> int:
        """Touches of before are not used, microseconds: held or not, a restart changes nothing."""
        before = self.figures.final_before_us
        return NEVER if before is None else before - self._window_us

    def _put_tables(self, events: Sequence[NewEvents]) -> dict[str, list[Key]]:
        """Keep the newest rows; returns the keys that came, by stream."""
        came = {}
        for joined in self._inputs.attribution.tables:
            rows = newest_rows(events, self._inputs.tables[joined.stream], joined.key)
            if rows:
                self._tables.put(joined.stream, rows)
                came[joined.stream] = list(rows)
        return came

    def _let_wait(self, held: Held, which: Numbers, is_late: Mask, floor_us: int) -> None:
        if not len(which):
            return
        some = held.conversions.at(which)
        values = self._maker.values(held, some, floor_us)
        fields = held.fields.gather(some.numbers)
        self._waiting.keep(
            values.flat, fields, values.missing, values.counts.tolist(), is_late[which].tolist()
        )


def _credits(held: Held, some: Conversions) -> pa.Table:
    return held.credits.gather(each_position(some.credits, some.credit_rows))


def _is_before(times: Numbers, time_us: int | None) -> Mask:
    return np.zeros(len(times), np.bool_) if time_us is None else times < time_us


def _later(one: int | None, other: int | None) -> int | None:
    known = [each for each in (one, other) if each is not None]
    return max(known, default=None)


def _marked(which: Numbers, length: int) -> Mask:
    marks = np.zeros(length, np.bool_)
    marks[which] = True
    return marks
