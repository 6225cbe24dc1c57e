"""Everything that an attribution holds between two commits. Never changed: replaced."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from events.attribution.codes import Codes, Numbers
from events.attribution.conversions import Conversions
from events.attribution.inputs import OFFSET, Inputs, gathered, numbers_of, plain_field, single
from events.attribution.row_store import RowStore
from events.attribution.spans import each_position
from events.attribution.touches import Touches
from events.windows.deduplication import NewEvents

_T = TypeVar("_T")

#: So many numbers without use are never too many.
SPARE_CODES = 10_000
#: Before every time.
NEVER = -(2**62)


class Held(NamedTuple):
    """Touches and open conversions, and the rows that were made of these."""

    #: Of the attribution's key, and of the values that each table is joined by.
    keys: Codes
    by: tuple[Codes, ...]
    touches: Touches
    conversions: Conversions
    #: The conversions' fields; their rows as they were made, and those of credits.
    fields: RowStore
    made: RowStore
    credits: RowStore

    @classmethod
    def nothing(cls, inputs: Inputs, made: pa.Schema, credited: pa.Schema) -> "Held":
        """As at the beginning; the schemas are those of the rows that are made."""
        empty = np.zeros(0, np.int64)
        keys = [inputs.attribution.key, *(one.by for one in inputs.attribution.tables)]
        codes = [Codes(pa.array([], plain_field(inputs.conversions, each).type)) for each in keys]
        by = tuple(codes[1:])
        return cls(
            codes[0],
            by,
            Touches.none(inputs.touch_schema),
            Conversions.new(empty, empty, empty, tuple(empty for _ in by)),
            RowStore((inputs.conversion_schema.empty_table(),)),
            RowStore((made.empty_table(),)),
            RowStore((credited.empty_table(),)),
        )

    def with_touches(
        self, inputs: Inputs, events: Sequence[NewEvents], floor_us: int
    ) -> tuple["Held", Numbers, Numbers]:
        """With the touches of these events, but for those of before `floor_us`; and the keys and
        times of all that came with a key.
        """
        one, stream = inputs.attribution, inputs.touches
        names = [one.key, stream.time_column, one.touch_id, one.channel, *inputs.used[stream.name]]
        found, offsets = gathered(events, stream, list(dict.fromkeys(names)))
        codes = self.keys.of(single(found, one.key))
        times = numbers_of(found, stream.time_column)
        columns = [
            *(single(found, name) for name in inputs.used[stream.name]),
            single(found, one.touch_id),
            single(found, one.channel).cast(pa.string()),
            pa.array(offsets),
        ]
        rows = pa.Table.from_arrays(columns, schema=inputs.touch_schema)
        has_key = codes >= 0
        is_wanted = has_key & (times >= floor_us)
        if not is_wanted.all():
            rows = rows.filter(pa.array(is_wanted))
        touches = self.touches.added(codes[is_wanted], times[is_wanted], rows)
        return self._replace(touches=touches), codes[has_key], times[has_key]

    def with_conversions(
        self, inputs: Inputs, events: Sequence[NewEvents], from_us: int = NEVER
    ) -> "Held":
        """With the conversions of these events from a time on, without rows."""
        one, stream = inputs.attribution, inputs.conversions
        names = list(dict.fromkeys([one.key, *inputs.kept]))
        found, offsets = gathered(events, stream, names)
        if from_us > NEVER:
            is_wanted = numbers_of(found, stream.time_column) >= from_us
            found, offsets = found.filter(pa.array(is_wanted)).combine_chunks(), offsets[is_wanted]
        if not len(offsets):
            return self
        more = Conversions.new(
            self.keys.of(single(found, one.key)),
            numbers_of(found, stream.time_column),
            np.arange(len(offsets)) + self.fields.size,
            tuple(
                codes.of(single(found, table.by))
                for codes, table in zip(self.by, one.tables, strict=True)
            ),
        )
        fields = found.select(inputs.kept).append_column(OFFSET, pa.array(offsets))
        return self._replace(
            conversions=self.conversions.added(more),
            fields=self.fields.added(fields.cast(inputs.conversion_schema)),
        )

    def oldest_offset(self) -> int | None:
        """Of everything that is held."""
        oldest = [self.touches.oldest_offset()]
        # They stand in the order of the log.
        if len(self.conversions.numbers):
            offsets = self.fields.column(OFFSET, self.conversions.numbers[:1])
            oldest.append(int(offsets[0].as_py()))
        return min((offset for offset in oldest if offset is not None), default=None)

    def tidied(self, floor_us: int) -> "Held":
        """Without what nobody needs any more, where that is much."""
        held = self._replace(touches=self.touches.without_old(floor_us))
        open_ = held.conversions
        each = np.arange(len(open_.codes))
        if held.fields.is_sparse(len(each)):
            held = held._replace(
                fields=held.fields.only(open_.numbers), conversions=open_._replace(numbers=each)
            )
        if held.made.is_sparse(len(each)):
            held = held._replace(
                made=held.made.only(open_.made), conversions=held.conversions._replace(made=each)
            )
        if held.credits.is_sparse(int(open_.credit_rows.sum())):
            rows = each_position(open_.credits, open_.credit_rows)
            begins = np.cumsum(open_.credit_rows) - open_.credit_rows
            held = held._replace(
                credits=held.credits.only(rows),
                conversions=held.conversions._replace(credits=begins),
            )
        return held._renumbered()

    def _renumbered(self) -> "Held":
        """With numbers for the values alone that are held, where others are many."""
        held, open_ = self, self.conversions
        if _is_sparse(self.keys, len(self.touches.codes) + len(open_.codes)):
            used = np.union1d(self.touches.codes, open_.codes[open_.codes >= 0])
            keys, numbers = self.keys.only(used)
            held = held._replace(
                keys=keys,
                touches=held.touches.renumbered(numbers),
                conversions=held.conversions._replace(codes=numbers[open_.codes]),
            )
        for place, codes in enumerate(self.by):
            values = open_.by[place]
            if _is_sparse(codes, len(values)):
                used = np.unique(values[values >= 0])
                kept, numbers = codes.only(used)
                conversions = held.conversions
                renumbered = _at(conversions.by, place, numbers[values])
                held = held._replace(
                    by=_at(held.by, place, kept), conversions=conversions._replace(by=renumbered)
                )
        return held


def _is_sparse(codes: Codes, used: int) -> bool:
    return len(codes) > 2 * used + SPARE_CODES


def _at(some: tuple[_T, ...], place: int, value: _T) -> tuple[_T, ...]:
    return (*some[:place], value, *some[place + 1 :])
