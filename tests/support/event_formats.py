"""The same events in every format, for laws that hold for all of them."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entrypoint.events.body import ARROW, CSV, PARQUET
from entrypoint.events.contract import Contract
from tillstream.codec import JSON, NDJSON
from tillstream.streams.definition import Field, Stream

NOW_US = 1_795_000_000_000_000

STREAM = Stream(
    name="sample",
    event_time="at",
    fields=(
        Field(name="at", type="timestamp", required=True, zone="UTC"),
        Field(name="kind", type="enum", values=("view", "cart"), required=True),
        Field(name="number", type="integer", minimum=-5, maximum=2**62),
        Field(name="price", type="decimal", scale=2, minimum=0, maximum=10**12),
        Field(name="note", type="text", max_length=12),
        Field(name="paid", type="boolean"),
        Field(name="seen", type="timestamp", zone="Europe/Paris"),
    ),
)
CONTRACT = Contract(STREAM)

Event = dict[str, Any]

_ARROW_TYPES: dict[str, pa.DataType] = {
    "at": pa.timestamp("us", "UTC"),
    "kind": pa.string(),
    "number": pa.int64(),
    "price": pa.decimal128(18, 2),
    "note": pa.string(),
    "paid": pa.bool_(),
    "seen": pa.timestamp("us", "UTC"),
}


def as_csv(events: Sequence[Event], separator: str = ",") -> bytes:
    rows = [[_cell(event.get(name)) for name in CONTRACT.names] for event in events]
    return "".join(_line(row, separator) for row in (CONTRACT.names, *rows)).encode()


def _line(row: Sequence[Any], separator: str) -> str:
    text = io.StringIO()
    # Python quotes a carriage return only where lines end with one.
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(row)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: Any) -> Any:
    return str(value).lower() if type(value) is bool else value


def as_lines(events: Sequence[Event]) -> bytes:
    return "\n".join(json.dumps(event, default=float) for event in events).encode()


def as_list(events: Sequence[Event]) -> bytes:
    return json.dumps(events, default=float).encode()


def table(events: Sequence[Event]) -> pa.Table:
    def value(name: str, found: Any) -> Any:
        if found is not None and name in ("at", "seen"):
            return datetime.fromisoformat(found.replace(" UTC", "+00:00")).astimezone(UTC)
        return found

    return pa.table(
        {
            name: pa.array([value(name, event.get(name)) for event in events], kind)
            for name, kind in _ARROW_TYPES.items()
        }
    )


def stream_of(found: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, found.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(found)
    return bytes(sink.getvalue())


def as_arrow(events: Sequence[Event]) -> bytes:
    return stream_of(table(events))


def as_parquet(events: Sequence[Event]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table(events), sink)
    return sink.getvalue()


FORMATS = {JSON: as_list, NDJSON: as_lines, CSV: as_csv, ARROW: as_arrow, PARQUET: as_parquet}

EVENT: Event = {
    "at": "2019-10-01 00:00:00 UTC",
    "kind": "cart",
    "number": 2**61 + 1,
    "price": Decimal("35.79"),
    "note": "brie, 12 €",
    "paid": True,
    "seen": "2019-10-01T02:00:00+02:00",
}
