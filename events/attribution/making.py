"""Makes the rows of conversions, and those of their credits, of what is held."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.attribution.codes import Numbers
from events.attribution.conversions import Conversions
from events.attribution.crediting import credited
from events.attribution.declared_fields import DeclaredFields
from events.attribution.held import Held
from events.attribution.inputs import Inputs, plain_field, single
from events.attribution.tables import Event, Tables
from tillstream.streams.changes import MISSING, MODELS, TOUCHES, value_column
from tillstream.streams.definition import Definitions


class Values(NamedTuple):
    """What the rows of some conversions are made of."""

    #: By Inputs.flat_schema; the tables that lack their row, by name with a comma between.
    flat: pa.Table
    missing: pa.Array
    counts: Numbers
    #: The rows of credits without the columns of changes, and of which conversion each is.
    credits: pa.Table
    credited: Numbers


class RowMaker:
    """Makes rows without the columns of changes: sign, version and whether they are final."""

    def __init__(self, inputs: Inputs, definitions: Definitions, tables: Tables) -> None:
        self._inputs, self._tables = inputs, tables
        one = inputs.attribution
        self._flat = inputs.flat_schema
        self._declared = DeclaredFields(definitions.streams[one.stream], self._flat)
        made, credits_ = definitions.streams[one.stream], definitions.streams[one.credits]
        more = [plain_field(made, name) for name in (MISSING, TOUCHES)]
        self.schema = pa.schema([*self._declared.schema, *more])
        names = (one.conversion_id, inputs.conversions.time_column, "channel", *MODELS)
        self.credits_schema = pa.schema([plain_field(credits_, name) for name in names])

        no_number = np.zeros(0, np.int64)
        #: The values of no conversion.
        self.nothing = Values(
            self._flat.empty_table(),
            pa.array([], pa.string()),
            no_number,
            self.credits_schema.empty_table(),
            no_number,
        )

    @property
    def nulled(self) -> int:
        """Values that could not be computed in all `rows` so far."""
        return self._declared.nulled

    def values(self, held: Held, some: Conversions, floor_us: int) -> Values:
        """What the rows of some conversions are made of now, from touches since `floor_us`."""
        one = self._inputs.attribution
        spans = held.touches.spans(some.codes, some.times, one.window_us, floor_us)
        fields = held.fields.gather(some.numbers)
        found = credited(self._inputs, self.credits_schema, held.touches, some, fields, spans)
        flat = {name: single(fields, name) for name in self._inputs.kept}
        flat |= self._touch_columns(held, found.picked)
        missing = self._joined(fields, some, flat)
        table = pa.table([flat[name] for name in self._flat.names], schema=self._flat)
        return Values(table, missing, spans.counts, found.rows, found.of)

    def rows(self, flat: pa.Table, missing: pa.Array, counts: Numbers) -> pa.Table:
        """Rows by `schema`."""
        declared = self._declared.select(flat)
        return pa.Table.from_arrays(
            [*declared.columns, missing, pa.array(counts)], schema=self.schema
        )

    def _touch_columns(self, held: Held, picked: Numbers) -> dict[str, pa.Array]:
        stream = self._inputs.touches
        names = self._inputs.used[stream.name]
        if not names:
            return {}
        found = picked >= 0
        rows = held.touches.rows.gather(picked[found], names)
        place = pa.array(np.cumsum(found) - 1, mask=~found)
        return {value_column(stream.name, name): single(rows, name).take(place) for name in names}

    def _joined(self, fields: pa.Table, some: Conversions, flat: dict[str, pa.Array]) -> pa.Array:
        """Adds the columns of the tables; returns which lack their row."""
        lacking = []
        for joined, codes in zip(self._inputs.attribution.tables, some.by, strict=True):
            distinct, first, place = np.unique(codes, return_index=True, return_inverse=True)
            keys = single(fields, joined.by).take(first).to_pylist()
            has_key = distinct >= 0
            # A conversion that names no row lacks none.
            events: list[Event | None] = [None] * len(keys)
            wanted = np.flatnonzero(has_key).tolist()
            found = self._tables.find(joined.stream, [keys[each] for each in wanted])
            for each, event in zip(wanted, found, strict=True):
                events[each] = event
            lacks = has_key & np.array([event is None for event in events], np.bool_)
            lacking.append(lacks[place])
            flat |= self.table_columns(joined.stream, events, place)
        names = [one.stream for one in self._inputs.attribution.tables]
        return missing_tables(names, lacking, len(some.codes))

    def table_columns(
        self, stream: str, events: Sequence[Event | None], place: Numbers
    ) -> dict[str, pa.Array]:
        """The columns of a table's used fields: of each row of the event at its place."""
        found = {}
        for name in self._inputs.used[stream]:
            column = value_column(stream, name)
            values = [None if event is None else event.get(name) for event in events]
            found[column] = pa.array(values, self._flat.field(column).type).take(pa.array(place))
        return found


def missing_tables(
    names: Sequence[str], lacking: Sequence[npt.NDArray[np.bool_]], rows: int
) -> pa.Array:
    """The names of the tables that lack a row, with a comma between; null where none does."""
    number = np.zeros(rows, np.int64)
    for bit, lacks in enumerate(lacking):
        number |= lacks.astype(np.int64) << bit
    texts = [
        ",".join(name for bit, name in enumerate(names) if each >> bit & 1) or None
        for each in range(1 << len(names))
    ]
    return pa.array(texts, pa.string()).take(pa.array(number))
