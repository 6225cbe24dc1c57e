"""Messages as Arrow record batches of the schema that Spark was told."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from .connection import Message
from .errors import DecodeError
from .options import Decode

log = logging.getLogger(__name__)

#: The schema where no decoder makes another one.
SCHEMA = (
    "stream string, offset bigint, body binary, content_type string, content_encoding string,"
    " timestamp timestamp"
)
#: Columns beside those of a decoder, where the schema names them: of what message a row is, and
#: which of its rows.
LOG_STREAM, LOG_OFFSET, LOG_ROW = "log_stream", "log_offset", "log_row"
#: A record batch goes to the JVM once it has so many rows or bytes: each costs some 0.1 ms.
BATCH_ROWS, BATCH_BYTES = 16_384, 4 * 1024 * 1024


def message_batches(
    stream: str, groups: Iterable[list[Message]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """A row for each message, with the columns of SCHEMA that `schema` names."""
    for messages in _grouped(groups):
        columns: dict[str, Any] = {
            "stream": [stream] * len(messages),
            "offset": [one.offset for one in messages],
            "body": [one.body for one in messages],
            "content_type": [one.content_type for one in messages],
            "content_encoding": [one.content_encoding for one in messages],
            "timestamp": [
                None if one.timestamp is None else one.timestamp * 1_000_000 for one in messages
            ],
        }
        if unknown := [name for name in schema.names if name not in columns]:
            raise DecodeError(f"without a decoder there is no column {unknown[0]!r}")
        yield pa.RecordBatch.from_arrays(
            [pa.array(columns[field.name], field.type) for field in schema], schema=schema
        )


def decoded_batches(
    stream: str,
    groups: Iterable[list[Message]],
    schema: pa.Schema,
    decode: Decode,
    skip_undecodable: bool,
) -> Iterator[pa.RecordBatch]:
    """What the decoder makes of each message, in the columns and types of `schema`.

    Raises DecodeError with stream and offset for a message that is not decoded, unless those are
    to be skipped.
    """
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for messages in groups:
        for message in messages:
            batch = _decoded(stream, message, schema, decode, skip_undecodable)
            if batch is None or not batch.num_rows:
                continue
            waiting.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield pa.concat_batches(waiting)
                waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.concat_batches(waiting)


def ordered(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The columns in the order and of the types of `schema`: Spark reads them by position."""
    for batch in batches:
        yield batch.select(schema.names).cast(schema)


def _decoded(
    stream: str, message: Message, schema: pa.Schema, decode: Decode, skip: bool
) -> pa.RecordBatch | None:
    try:
        batch = decode(message.body, message.content_type, message.content_encoding)
        return None if batch is None else _of_schema(stream, message, batch, schema)
    # A decoder is anybody's: whatever it raises is told with the place of the message.
    except Exception as error:
        where = f"{stream}, offset {message.offset}: {error}"
        if not skip:
            raise DecodeError(where) from error
        log.error("message skipped, it stays in the stream: %s", where)
        return None


def _of_schema(
    stream: str, message: Message, batch: pa.RecordBatch, schema: pa.Schema
) -> pa.RecordBatch:
    rows = batch.num_rows
    arrays = []
    for field in schema:
        place = batch.schema.get_field_index(field.name)
        if place >= 0:
            array = batch.column(place)
        elif field.name == LOG_STREAM:
            array = pa.repeat(stream, rows)
        elif field.name == LOG_OFFSET:
            array = pa.repeat(message.offset, rows)
        elif field.name == LOG_ROW:
            array = pa.array(np.arange(rows))
        else:
            raise DecodeError(f"the decoder gives no column {field.name!r}")
        arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _grouped(groups: Iterable[list[Message]]) -> Iterator[list[Message]]:
    waiting: list[Message] = []
    size = 0
    for messages in groups:
        waiting += messages
        size += sum(len(one.body) for one in messages)
        if len(waiting) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting
