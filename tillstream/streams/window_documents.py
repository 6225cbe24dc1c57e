"""A window's rows in MongoDB: what a document is, where it stands, by which indexes it is read.

The events worker writes them; the archive API and the dashboard read them. A document is a row of
`window_rows` with `_id` and `change`; a decimal is a Decimal128.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from pymongo import IndexModel

from tillstream.archive import Document
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import CHANGE, HIDDEN

#: Of a window's collection: times are aware, in UTC.
OPTIONS: CodecOptions[Document] = CodecOptions(document_class=dict, tz_aware=True)


def database_name(window: Window, archive: str) -> str:
    """The database of the window's collection; `archive` is that of receipts."""
    return window.database or archive


def collection_name(window: Window) -> str:
    """The window's collection: as declared, or `windows_` and its name."""
    return window.collection_name


def document(row: Mapping[str, Any], row_id: str, change: int) -> Document:
    """The document of a row."""
    return {"_id": row_id, **{name: stored(row[name]) for name in row}, CHANGE: change}


def row(found: Document) -> dict[str, Any]:
    """The row of a document, without what no reader is shown."""
    return {name: _read(found[name]) for name in found if name not in HIDDEN}


def indexes(window: Window) -> list[IndexModel]:
    """What the collection is read by: time, each key by time, and what changed since.

    A reader of changes goes on after the last one that it has seen: rows are written in the order
    of their `change`.
    """
    time = (window.start_column, 1), ("_id", 1)
    keyed = [IndexModel([(key.name, 1), *time], name=f"by_{key.name}") for key in window.keys]
    return [
        IndexModel([*time], name="by_time"),
        *keyed,
        IndexModel([(CHANGE, 1), ("_id", 1)], name="by_change"),
    ]


def stored(value: Any) -> Any:
    """A value of a row as a document has it."""
    return Decimal128(value) if isinstance(value, Decimal) else value


def _read(value: Any) -> Any:
    if isinstance(value, Int64):
        return int(value)
    return value.to_decimal() if isinstance(value, Decimal128) else value
