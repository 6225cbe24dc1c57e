"""Names of columns that are made beside the fields of a stream, and which names no field has."""

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
