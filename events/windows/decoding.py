"""Reads messages of the log as the events of the streams that are declared now.

A message says of which version of its stream's definition it is. Of another version than ours the
columns of the same name and type are carried over, a decimal of another scale where it loses
nothing, a text for an enum and an enum for a text too; a field that the message does not have is
null. What the stream no longer has is left out. A message of an unknown stream, or whose columns
cannot be carried over, is set aside as a whole: the log has it, and `recount` counts it once it is
declared.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pyarrow as pa

from events.windows.figures import WHOLE_MESSAGE, Aside
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.streams import columns, message, scales
from tillstream.streams.definition import Stream
from tillstream.streams.names import BODY, CLOUDEVENT

_MORE = {BODY: pa.binary(), CLOUDEVENT: pa.string()}


class Decoded(NamedTuple):
    """A message as events of a stream of now."""

    offset: int
    stream: str
    received_us: int
    #: The wanted columns by the stream's schema; BODY and CLOUDEVENT where the message has them.
    events: pa.RecordBatch


class MessageDecoder:
    """Decodes the columns that are wanted; all of them when `wanted` names none for a stream."""

    def __init__(
        self, streams: Mapping[str, Stream], wanted: dict[str, Collection[str]] | None = None
    ) -> None:
        self._streams = streams
        self._schemas = {name: list(columns.schema(stream)) for name, stream in streams.items()}
        self._wanted = wanted

    def decode(self, message_: LogMessage) -> Decoded | Aside:
        """The events of a message, or why it has none for us."""
        try:
            found = message.decode(
                message_.body,
                message_.content_type,
                message_.content_encoding,
                self._wanted.get if self._wanted is not None else None,
            )
        except UndecodableMessageError as error:
            return _aside(message_, "", error.reason)
        stream = self._streams.get(found.stream)
        if stream is None:
            return _aside(message_, found.stream, f"no stream {found.stream!r} is declared")
        try:
            events = self._fitted(found.events, stream)
        except (pa.ArrowException, KeyError, ValueError) as error:
            reason = f"version {found.version} of {stream.name} is not {stream.version}: {error}"
            return _aside(message_, stream.name, reason)
        return Decoded(message_.offset, stream.name, found.received_us, events)

    def _fitted(self, events: pa.RecordBatch, stream: Stream) -> pa.RecordBatch:
        wanted = None if self._wanted is None else self._wanted.get(stream.name)
        present = events.schema
        arrays, names = [], []
        for field in self._schemas[stream.name]:
            name = field.name
            if wanted is not None and name not in wanted:
                continue
            number = present.get_field_index(name)
            if number >= 0:
                arrays.append(_carried(events.column(number), present.field(number), field))
            elif name == stream.time_column:
                raise KeyError(f"it has no {name}")
            else:
                arrays.append(pa.nulls(events.num_rows, field.type))
            names.append(name)
        for name, kind in _MORE.items():
            number = present.get_field_index(name)
            if number >= 0:
                arrays.append(events.column(number).cast(kind))
                names.append(name)
        return pa.RecordBatch.from_arrays(arrays, names=names)


def _carried(column: pa.Array, field: pa.Field, wanted: pa.Field) -> pa.Array:
    """The column as the stream has it; raises ArrowException or ValueError where that cannot be."""
    kind = wanted.type
    if column.type == kind:
        scale = scales.scale_of(field)
        if scale is None:
            return column
        return scales.rescaled(column, scale, scales.scale_of(wanted) or 0)
    texts = (pa.string(), pa.large_string())
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if plain not in texts or kind not in (pa.string(), columns.ENUM):
        raise pa.ArrowTypeError(f"{column.type} is not {kind}")
    text = column.cast(pa.string())
    return text.dictionary_encode().cast(kind) if kind == columns.ENUM else text


def _aside(message_: LogMessage, stream: str, reason: str) -> Aside:
    return Aside(message_.offset, WHOLE_MESSAGE, stream, reason[:500], "")
