"""`text/csv`: one row a receipt line, with a header row; rows of one receipt stand together.

The receipt's own columns are repeated on each of its rows, `documentTotal.*` too. Columns
`settlement1.paymentMechanism`, `settlement1.settlementAmount` (2, 3, ...) are its tenders.
"""

import csv
import io
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from entrypoint.formats.fields import typed
from entrypoint.formats.reading import Entry, NotReadableError
from tillstream.contracts import DocumentTotal, Line, Receipt, Settlement

MEDIA_TYPES = ("text/csv",)

Row = dict[str, str]

_LINE_COLUMNS = frozenset(field.encode_name for field in msgspec.structs.fields(Line))


def receipts(body: bytes) -> Iterable[Entry]:
    """Each run of rows with the same store, till, number and date; positions are row numbers."""
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotReadableError(str(error)) from error
    if not rows:
        raise NotReadableError("there is no row below the header")
    return [_entry(list(group)) for _, group in groupby(rows, key=_receipt_of)]


def _receipt_of(numbered: tuple[int, Row]) -> tuple[str | None, ...]:
    _, row = numbered
    names = ("storeID", "terminalID", "cashReceiptID", "date")
    return tuple(row.get(name) for name in names)


def _entry(rows: list[tuple[int, Row]]) -> Entry:
    position, first = rows[0]
    for number, row in rows:
        # DictReader keeps surplus cells under None, and fills missing ones with None.
        if None in row or None in row.values():
            return Entry(position, b"", f"row {number} has not as many cells as the header")
    fields: dict[str, Any] = typed(
        Receipt,
        {
            name: text
            for name, text in first.items()
            if name not in _LINE_COLUMNS and "." not in name
        },
    )
    total = {
        name.partition(".")[2]: t for name, t in first.items() if name.startswith("documentTotal.")
    }
    fields["documentTotal"] = typed(DocumentTotal, total)
    fields["lines"] = [
        typed(Line, {name: row[name] for name in row if name in _LINE_COLUMNS}) for _, row in rows
    ]
    fields["settlements"] = _settlements(first)
    return Entry(position, msgspec.json.encode(fields))


def _settlements(row: Row) -> list[dict[str, Any]]:
    tenders: dict[str, dict[str, str]] = {}
    for name, text in row.items():
        group, _, field = name.partition(".")
        if group.startswith("settlement") and field and text:
            tenders.setdefault(group, {})[field] = text
    return [typed(Settlement, tender) for tender in tenders.values()]
