"""Prepared bodies of a shop's events, and what windows have to say of each."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.csv

from tillstream.codec import NDJSON

CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
#: Seconds that the generator may take.
_GENERATE_SECONDS = 120
_INTEGERS = ("product_id", "category_id", "user_id")
_TEXTS = ("event_type", "category_code", "brand", "user_session")


class Figures(NamedTuple):
    """What `shop_metrics` counts, over all of its windows."""

    events: int = 0
    viewed: int = 0
    put_in_cart: int = 0
    sold: int = 0
    value_cents: int = 0

    def plus(self, other: "Figures", times: int = 1) -> "Figures":
        """These and the others, so many times."""
        return Figures(*(mine + times * more for mine, more in zip(self, other, strict=True)))


class Body(NamedTuple):
    """A body that can be sent again and again."""

    content_type: str
    content: bytes
    figures: Figures


def prepared(folder: Path, bodies: int, events: int, content_type: str) -> list[Body]:
    """So many bodies of so many seeded events each; raises CalledProcessError."""
    file = folder / "events.csv"
    argv = [sys.executable, "-m", "generator", "shop-csv", "--out", str(file)]
    argv += ["--rows", str(bodies * events)]
    subprocess.run(argv, check=True, timeout=_GENERATE_SECONDS, env=os.environ)
    with file.open("rb") as lines:
        header = next(lines)
        parts = [list(islice(lines, events)) for _ in range(bodies)]
    return [_body(header, lines, content_type) for lines in parts]


def _body(header: bytes, lines: Sequence[bytes], content_type: str) -> Body:
    text = header + b"".join(lines)
    rows = list(csv.DictReader(text.decode().splitlines()))
    figures = _figures(rows)
    if content_type == NDJSON:
        text = b"\n".join(_json(row) for row in rows)
    elif content_type == ARROW:
        text = _arrow(text)
    return Body(content_type, text, figures)


def _figures(rows: Sequence[dict[str, str]]) -> Figures:
    kinds = [row["event_type"] for row in rows]
    sold = [Decimal(row["price"]) for row in rows if row["event_type"] == "purchase"]
    return Figures(
        len(rows),
        kinds.count("view"),
        kinds.count("cart"),
        kinds.count("purchase"),
        int(sum(sold, Decimal()) * 100),
    )


def _arrow(text: bytes) -> bytes:
    """As a sender with columns has them: texts as dictionaries, the buffers packed."""
    types = {name: pa.dictionary(pa.int32(), pa.string()) for name in _TEXTS}
    types |= dict.fromkeys(_INTEGERS, pa.int64())
    types |= {"event_time": pa.timestamp("us"), "price": pa.decimal128(18, 2)}
    convert = pa.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        timestamp_parsers=["%Y-%m-%d %H:%M:%S UTC"],
    )
    one_block = pa.csv.ReadOptions(block_size=len(text) + 1)
    table = pa.csv.read_csv(pa.BufferReader(text), one_block, convert_options=convert)
    times = table["event_time"].cast(pa.timestamp("us", "UTC"))
    table = table.set_column(table.schema.get_field_index("event_time"), "event_time", times)
    sink = pa.BufferOutputStream()
    packed = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=packed) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _json(row: dict[str, str]) -> bytes:
    return msgspec.json.encode(dict(_typed(row)))


def _typed(row: dict[str, str]) -> Iterator[tuple[str, object]]:
    for name, text in row.items():
        if not text:
            yield name, None
        elif name in _INTEGERS:
            yield name, int(text)
        elif name == "price":
            yield name, msgspec.Raw(text.encode())
        else:
            yield name, text
