"""The columns of a stream's events: Arrow types, as they travel, are counted and archived.

| field | Arrow | SQL |
|---|---|---|
| text | string, or a dictionary of it | VARCHAR |
| enum | dictionary<int8, string> | VARCHAR |
| integer | int64 | BIGINT |
| decimal | int64, minor units | BIGINT |
| timestamp | int64, microseconds since 1970 in UTC | BIGINT |
| boolean | bool | BOOLEAN |
"""

import pyarrow as pa

from tillstream.streams.definition import Field, Stream

#: When the door took an event, microseconds: a column of every stream, told once for a message.
RECEIVED = "received"
#: Columns that a message may have beside the stream's fields.
#: 16 bytes that stand for the body that an event came in, by its Idempotency-Key; else null.
BODY = "body"
#: `source` and `id` of an event that came as a CloudEvent, with a line break between; else null.
CLOUDEVENT = "cloudevent"
#: Where an event stands in the log: columns of the archive.
LOG_OFFSET = "log_offset"
LOG_ROW = "log_row"

#: Names that no field may have: columns that are made beside the fields, and those of windows.
RESERVED = frozenset(
    {
        *(RECEIVED, BODY, CLOUDEVENT, LOG_OFFSET, LOG_ROW),
        *("window_start", "start", "end", "events", "late", "revision", "final", "change"),
    }
)

ENUM = pa.dictionary(pa.int8(), pa.string())
_TYPES = {
    "text": pa.string(),
    "enum": ENUM,
    "integer": pa.int64(),
    "decimal": pa.int64(),
    "timestamp": pa.int64(),
    "boolean": pa.bool_(),
}


def arrow_type(field: Field) -> pa.DataType:
    """The type of a field's column."""
    return _TYPES[field.type]


def schema(stream: Stream) -> pa.Schema:
    """The columns of the stream's fields, in their order; `event_time` first where the door's
    clock is the event time.
    """
    columns = [
        pa.field(field.name, arrow_type(field), nullable=not field.required)
        for field in stream.fields
    ]
    if stream.event_time is None:
        columns.insert(0, pa.field(stream.time_column, pa.int64(), nullable=False))
    return pa.schema(columns)
