"""What an attribution reads of its streams, as Arrow tables with texts as texts."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.codes import Numbers
from events.windows.deduplication import NewEvents
from tillstream.streams import columns
from tillstream.streams.changes import value_column
from tillstream.streams.definition import Attribution, Definitions, Stream
from tillstream.streams.names import BODY, CLOUDEVENT

#: Of what is held of an event the offset of its message; of a touch its id and its channel.
OFFSET, TOUCH_ID, CHANNEL = "#offset", "#id", "#channel"

_WORD = re.compile(r"\w+")


class Inputs:
    """The columns of the touches, the conversions and the tables."""

    def __init__(self, attribution: Attribution, definitions: Definitions) -> None:
        made = definitions.streams[attribution.stream]
        self.attribution = attribution
        self.conversions = definitions.streams[attribution.conversions]
        self.touches = definitions.streams[attribution.touches]
        self.tables = {one.stream: definitions.streams[one.stream] for one in attribution.tables}
        words = {word.lower() for field in made.fields for word in _WORD.findall(field.sql)}
        own = {
            attribution.conversion_id,
            self.conversions.time_column,
            *(one.by for one in attribution.tables),
        }
        #: The fields of conversions that are kept, and those of touches and of tables that the SQL
        #: of the declared fields uses, by stream.
        self.kept = [name for name in _names(self.conversions) if name in words | own]
        self.used = {
            stream.name: [
                name for name in _names(stream) if value_column(stream.name, name).lower() in words
            ]
            for stream in (self.touches, *self.tables.values())
        }

    @property
    def wanted(self) -> Mapping[str, frozenset[str]]:
        """By stream the columns that are read."""
        one = self.attribution
        touches, conversions = self.touches, self.conversions
        wanted = {name: set(_names(stream)) for name, stream in self.tables.items()}
        wanted.setdefault(touches.name, set()).update(
            (one.key, one.touch_id, one.channel, touches.time_column, *self.used[touches.name])
        )
        wanted.setdefault(conversions.name, set()).update((one.key, *self.kept))
        return {name: frozenset(each) for name, each in wanted.items()}

    def sources(self, sql: str) -> frozenset[str]:
        """The streams of the touch and of the tables whose values the SQL of a field uses."""
        words = {word.lower() for word in _WORD.findall(sql)}
        return frozenset(
            stream
            for stream, names in self.used.items()
            if any(value_column(stream, name).lower() in words for name in names)
        )

    @cached_property
    def touch_schema(self) -> pa.Schema:
        """What is held of a touch."""
        one, stream = self.attribution, self.touches
        fields = [pa.field(name, plain_field(stream, name).type) for name in self.used[stream.name]]
        fields.append(pa.field(TOUCH_ID, plain_field(stream, one.touch_id).type))
        return pa.schema(
            [*fields, pa.field(CHANNEL, pa.string()), pa.field(OFFSET, pa.int64(), nullable=False)]
        )

    @cached_property
    def conversion_schema(self) -> pa.Schema:
        """What is held of a conversion."""
        fields = [pa.field(name, plain_field(self.conversions, name).type) for name in self.kept]
        return pa.schema([*fields, pa.field(OFFSET, pa.int64(), nullable=False)])

    @cached_property
    def flat_schema(self) -> pa.Schema:
        """What the SQL of the declared fields reads: a conversion, its touch, its tables' rows."""
        fields = [pa.field(name, plain_field(self.conversions, name).type) for name in self.kept]
        for stream in (self.touches, *self.tables.values()):
            fields += [
                pa.field(value_column(stream.name, name), plain_field(stream, name).type)
                for name in self.used[stream.name]
            ]
        return pa.schema(fields)


@lru_cache(maxsize=256)
def plain_schema(stream: Stream) -> pa.Schema:
    """The columns of a stream, texts being no dictionaries."""
    return pa.schema(
        [
            field.with_type(field.type.value_type) if _is_dictionary(field.type) else field
            for field in columns.schema(stream)
        ]
    )


def plain_field(stream: Stream, name: str) -> pa.Field:
    """The column of a field, texts being no dictionaries."""
    return plain_schema(stream).field(name)


def _is_dictionary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind))


def gathered(
    events: Sequence[NewEvents], stream: Stream, names: Sequence[str]
) -> tuple[pa.Table, Numbers]:
    """The stream's events in the order of the log with these columns, and each one's offset."""
    ours = [one for one in events if one.stream == stream.name and len(one.rows)]
    plain = plain_schema(stream)
    schema = pa.schema([pa.field(name, plain.field(name).type) for name in names])
    batches = [
        pa.RecordBatch.from_arrays(
            [_as_text(one.events.column(name)) for name in names], schema=schema
        )
        for one in ours
    ]
    offsets = np.repeat(
        np.array([one.offset for one in ours], np.int64), [len(one.rows) for one in ours]
    )
    return pa.Table.from_batches(batches, schema).combine_chunks(), offsets


def newest_rows(
    events: Sequence[NewEvents], stream: Stream, key: str
) -> dict[str | int, Mapping[str, object]]:
    """Of each key the newest event of a table's stream, by its fields; without those of no key."""
    newest: dict[str | int, Mapping[str, object]] = {}
    for one in events:
        if one.stream == stream.name and len(one.rows):
            kept = [name for name in one.events.schema.names if name not in (BODY, CLOUDEVENT)]
            newest.update((row[key], row) for row in one.events.select(kept).to_pylist())
    newest.pop(None, None)  # type: ignore[call-overload]
    return newest


def numbers_of(table: pa.Table, name: str) -> Numbers:
    """A column of integers without null."""
    return np.asarray(single(table, name))


def single(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as one array."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _as_text(column: pa.Array) -> pa.Array:
    if _is_dictionary(column.type):
        return pc.cast(column, column.type.value_type)
    return column


def _names(stream: Stream) -> list[str]:
    return list(columns.schema(stream).names)
