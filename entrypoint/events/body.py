"""A body of events, by its media type: read fast where all is plain, else row by row."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pyarrow as pa

from entrypoint.events import arrow_body, arrow_rows, csv_body, json_body
from entrypoint.events.column_checks import NotPlainError
from entrypoint.events.contract import Contract
from entrypoint.events.csv_header import header_of
from entrypoint.events.reading import (
    ReadEvents,
    SlowRow,
    TooManyEventsError,
    slowly,
    whole,
)
from tillstream.codec import JSON, NDJSON

CSV = "text/csv"

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"


class Most(NamedTuple):
    """Bounds of a body."""

    events: int
    #: Once it is unpacked.
    bytes: int


#: Reads a body: the contract, the bytes, the door's clock in microseconds, the bounds.
Reader = Callable[[Contract, bytes, int, Most], ReadEvents]


def read_csv(contract: Contract, body: bytes, now_us: int, most: Most) -> ReadEvents:
    """CSV by header; raises BodyError, TooManyEventsError."""
    header = header_of(body, contract)
    read = _either(
        contract,
        lambda: csv_body.columns(body, header, contract, now_us),
        csv_body.rows(body, header, contract, now_us),
        now_us,
        most,
    )
    return read._replace(header=header.text)


def read_ndjson(contract: Contract, body: bytes, now_us: int, most: Most) -> ReadEvents:
    """NDJSON; raises TooManyEventsError."""
    return _either(
        contract,
        lambda: json_body.lines_to_columns(body, contract, now_us),
        json_body.line_rows(body, contract, now_us),
        now_us,
        most,
    )


def read_list(contract: Contract, body: bytes, now_us: int, most: Most) -> ReadEvents:
    """A JSON array; raises BodyError, TooManyEventsError."""
    return _either(
        contract,
        lambda: json_body.list_to_columns(body, contract, now_us),
        json_body.list_rows(body, contract, now_us),
        now_us,
        most,
    )


def read_arrow(contract: Contract, body: bytes, now_us: int, most: Most) -> ReadEvents:
    """An Arrow IPC stream; raises BodyError, TooManyEventsError."""
    return _table(contract, arrow_body.read_stream(body, contract, *most), now_us, most)


def read_parquet(contract: Contract, body: bytes, now_us: int, most: Most) -> ReadEvents:
    """A Parquet file; raises BodyError, TooManyEventsError."""
    return _table(contract, arrow_body.read_parquet(body, contract, *most), now_us, most)


#: Of batches, by media type; application/json is a batch where it is an array.
READERS: dict[str, Reader] = {
    JSON: read_list,
    NDJSON: read_ndjson,
    CSV: read_csv,
    ARROW: read_arrow,
    PARQUET: read_parquet,
}


def _table(contract: Contract, table: pa.Table, now_us: int, most: Most) -> ReadEvents:
    return _either(
        contract,
        lambda: arrow_body.columns(table, contract, now_us),
        arrow_rows.rows(table, contract, now_us),
        now_us,
        most,
    )


def _either(
    contract: Contract,
    columns: Callable[[], list[pa.Array]],
    rows: Iterable[SlowRow],
    now_us: int,
    most: Most,
) -> ReadEvents:
    try:
        found = columns()
    except NotPlainError:
        return slowly(contract, rows, most.events)
    if len(found[0]) > most.events:
        raise TooManyEventsError
    return whole(contract, found, now_us)
