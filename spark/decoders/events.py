"""Messages of `events.log` in the columns of one declared stream; those of others have no rows."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
import pyarrow as pa

from tillstream.errors import UndecodableMessageError
from tillstream.streams import columns, message, scales
from tillstream.streams.definition import Stream

#: For the option `decoder`; `argument` makes its argument.
DECODER = "spark.decoders.events:decoder"

_SPARK_TYPES = {
    pa.string(): "string",
    columns.ENUM: "string",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
}
#: When the door took the event, and where it stands in the log: which of several is the first.
_MORE = (columns.RECEIVED, columns.LOG_OFFSET, columns.LOG_ROW)


class _Wanted(msgspec.Struct, frozen=True):
    stream: str
    #: By column the scale that it is wanted in; None where it is no decimal.
    columns: dict[str, int | None]


def schema(stream: Stream, names: Collection[str] | None = None) -> str:
    """The stream's columns as Spark is told them, or those of them that are named, and
    `received`, `log_offset` and `log_row`.
    """
    return ", ".join([*own_columns(stream, names), *(f"{name} bigint" for name in _MORE)])


def own_columns(stream: Stream, names: Collection[str] | None = None) -> list[str]:
    """Of the stream's columns, or those that are named, each as it stands in a schema."""
    return [f"`{each.name}` {_SPARK_TYPES[each.type]}" for each in _fields(stream, names)]


def argument(stream: Stream, names: Collection[str] | None = None) -> str:
    """For the option `decoderArgument`, with the columns of `schema`."""
    found = {each.name: scales.scale_of(each) for each in _fields(stream, names)}
    return msgspec.json.encode(_Wanted(stream.name, found)).decode()


def decoder(text: str) -> Callable[[bytes, str | None, str | None], pa.RecordBatch | None]:
    """A function that decodes a message, by what `argument` made.

    It raises UndecodableMessageError. A column that the message lacks, being of an earlier version
    of the definition, is null; a decimal of another scale is carried over exactly, or refused.
    """
    wanted = msgspec.json.decode(text, type=_Wanted)

    def names_of(stream: str) -> Collection[str]:
        return wanted.columns if stream == wanted.stream else ()

    def decode(
        body: bytes, content_type: str | None, content_encoding: str | None
    ) -> pa.RecordBatch | None:
        read = message.decode(body, content_type, content_encoding, names_of)
        if read.stream != wanted.stream:
            return None
        rows = read.events.num_rows
        arrays: list[Any] = []
        for name, scale in wanted.columns.items():
            place = read.events.schema.get_field_index(name)
            arrays.append(pa.nulls(rows) if place < 0 else _carried(read.events, place, scale))
        arrays.append(pa.repeat(read.received_us, rows))
        return pa.RecordBatch.from_arrays(arrays, names=[*wanted.columns, columns.RECEIVED])

    return decode


def _fields(stream: Stream, names: Collection[str] | None) -> list[pa.Field]:
    return [each for each in columns.schema(stream) if names is None or each.name in names]


def _carried(events: pa.RecordBatch, place: int, wanted: int | None) -> pa.Array:
    column = events.column(place)
    try:
        scale = scales.scale_of(events.schema.field(place))
        if wanted is None or scale is None:
            return column
        return scales.rescaled(column, scale, wanted)
    except (pa.ArrowException, ValueError) as error:
        name = events.schema.field(place).name
        raise UndecodableMessageError(f"{name}: {error}") from error
