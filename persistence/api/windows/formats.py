"""A page of rows as JSON, CSV or Parquet."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from persistence.api.windows.question import Format
from persistence.csv_output import BEGIN, csv_rows
from tillstream.streams.definition import Key, Measure, ReadAs, Window
from tillstream.streams.window_rows import FINAL, LATE, REVISION, json_value

Row = dict[str, Any]

#: Digits of a decimal in Parquet: of a sum over many events too.
_DECIMAL_DIGITS = 38


def columns(window: Window) -> list[str]:
    """The names of a row's columns in their order; a dot is a level."""
    return [
        window.start_column,
        window.end_column,
        *(key.name for key in window.keys),
        *(measure.name for measure in window.measures if not measure.hidden),
        *(column.name for column in window.columns),
        *(REVISION, LATE, FINAL),
    ]


class Columns(NamedTuple):
    """The columns of rows: their names in order, and type and scale of those that have one."""

    names: Sequence[str]
    typed: Mapping[str, tuple[ReadAs, int]]


def columns_of(window: Window) -> Columns:
    """Those of a window's rows."""
    typed: list[Key | Measure] = [*window.keys, *window.measures]
    return Columns(
        columns(window),
        {
            window.start_column: ("timestamp", 0),
            window.end_column: ("timestamp", 0),
            REVISION: ("integer", 0),
            LATE: ("integer", 0),
            FINAL: ("boolean", 0),
            **{each.name: (each.read_as, each.scale) for each in typed},
        },
    )


def as_json(_: Columns, rows: Sequence[Row], cursor: str | None) -> bytes:
    """`items`, and `next`: the cursor of the following page, null at the end."""
    return msgspec.json.encode({"items": rows, "next": cursor})


def as_csv(columns: Columns, rows: Sequence[Row], _: str | None) -> bytes:
    """A row a line, under its columns; a text that a spreadsheet would run has an apostrophe."""
    lines = ([_cell(value(row, name)) for name in columns.names] for row in rows)
    return BEGIN + csv_rows([columns.names]) + csv_rows(lines)


def as_parquet(columns: Columns, rows: Sequence[Row], _: str | None) -> bytes:
    """A file with a column for each of the row's, typed by the definition."""
    # 60 MB of memory that only such a page is worth.
    import pyarrow as pa
    import pyarrow.parquet

    pa.set_memory_pool(pa.system_memory_pool())
    types: dict[str, Any] = {
        name: {
            "integer": pa.int64(),
            "timestamp": pa.timestamp("us", "UTC"),
            "decimal": pa.decimal128(_DECIMAL_DIGITS, scale),
            "text": pa.string(),
            "boolean": pa.bool_(),
        }[read_as]
        for name, (read_as, scale) in columns.typed.items()
    }
    table = pa.table(
        {
            name: _array(pa, [value(row, name) for row in rows], types.get(name))
            for name in columns.names
        }
    )
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


#: By format: the media type, and what makes the page.
WRITERS: dict[Format, tuple[str, Callable[[Columns, Sequence[Row], str | None], bytes]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8; header=present", as_csv),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
}


def value(row: Row, path: str) -> Any:
    """What a row has at a column; None where an older definition had none."""
    found: Any = row
    for level in path.split("."):
        found = found.get(level) if isinstance(found, dict) else None
    return found


def _cell(found: Any) -> Any:
    return str(found).lower() if isinstance(found, bool) else json_value(found)


def _array(pa: Any, values: list[Any], kind: Any) -> Any:
    """A column; one that is made when it is read is of numbers, or else of text."""
    if kind is not None:
        return pa.array(values, kind)
    numbers = all(each is None or isinstance(each, int | float) for each in values)
    if numbers:
        return pa.array([None if each is None else float(each) for each in values], pa.float64())
    return pa.array([None if each is None else str(json_value(each)) for each in values])
