"""The columns of a stream's events: Arrow types, as they travel, are counted and archived.

| field | Arrow | SQL |
|---|---|---|
| text | string, or a dictionary of it | VARCHAR |
| enum | dictionary<int8, string> | VARCHAR |
| integer | int64 | BIGINT |
| decimal | int64, minor units | BIGINT |
| timestamp | int64, microseconds since 1970 in UTC | BIGINT |
| boolean | bool | BOOLEAN |

A decimal's column says its scale in its metadata: of another version it may be another one. Without
it the scale is that of the definition.
"""

from functools import lru_cache

import pyarrow as pa

from tillstream.streams import scales
from tillstream.streams.definition import Field, Stream
from tillstream.streams.names import BODY as BODY
from tillstream.streams.names import CLOUDEVENT as CLOUDEVENT
from tillstream.streams.names import LOG_OFFSET as LOG_OFFSET
from tillstream.streams.names import LOG_ROW as LOG_ROW
from tillstream.streams.names import RECEIVED as RECEIVED

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


@lru_cache(maxsize=256)
def schema(stream: Stream) -> pa.Schema:
    """The columns of the stream's fields, in their order; `event_time` first where the door's
    clock is the event time.
    """
    columns = [
        pa.field(
            field.name,
            arrow_type(field),
            nullable=not field.required,
            metadata=scales.metadata(field.scale) if field.type == "decimal" else None,
        )
        for field in stream.fields
    ]
    if stream.event_time is None:
        columns.insert(0, pa.field(stream.time_column, pa.int64(), nullable=False))
    return pa.schema(columns)
