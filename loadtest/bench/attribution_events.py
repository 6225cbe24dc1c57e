"""Clicks and purchases with their truth, in files, and how they come to the door or the log."""

import hashlib
import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import aio_pika
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv

from loadtest.bench.clients import RefusedError
from loadtest.bench.event_bodies import CSV
from loadtest.bench.log_writer import message as rabbit_message
from loadtest.bench.log_writer import publish_all
from loadtest.bench.private import System
from tillstream import topology
from tillstream.streams import columns, definitions_file, message, names
from tillstream.streams.definition import Field, Stream
from tillstream.streams.message import EventMessage

_GENERATE_SECONDS = 300
_TIMEOUT_SECONDS = 60.0
_DIGITS = 18
#: Messages that wait for their confirm at once: one, as what overtakes is in another order.
_IN_FLIGHT = 1
STREAMS = Path("streams")


class Summary(msgspec.Struct):
    """What the generator says of its files."""

    clicks: int
    purchases: int
    attributed: int
    out_of_order: float
    late_clicks: int
    late_purchases: int
    affected: int

    @property
    def events(self) -> int:
        """Of both streams, with the click and the purchase that close them."""
        return self.clicks + self.purchases + 2


class Part(NamedTuple):
    """A file: its stream and rows as CSV with a header."""

    stream: str
    content: bytes


def generate(folder: Path, clicks: int, purchases: int, users: int, slice_events: int) -> Summary:
    """Fill the folder: 90% out of order, 1% late; raises CalledProcessError.

    `slice_events` are in a body of clicks and one of purchases, together.
    """
    counts = {"clicks": clicks, "purchases": purchases, "users": users, "slice": slice_events}
    argv = [sys.executable, "-m", "generator", "clicks", "--out", str(folder), "--closing"]
    for name, number in counts.items():
        argv += [f"--{name}", str(number)]
    subprocess.run(argv, check=True, timeout=_GENERATE_SECONDS)
    return msgspec.json.decode((folder / "summary.json").read_bytes(), type=Summary)


def parts(folder: Path) -> Iterator[Part]:
    """The files in the order in which they are heard."""
    for path in sorted(folder.glob("[0-9]*.csv")):
        yield Part(path.stem.partition("-")[2], path.read_bytes())


def post(system: System, folder: Path) -> float:
    """Post every file over one connection; when the first was, monotonic. Raises RefusedError."""
    address = urlsplit(system.entrypoint)
    door = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS
    )
    started = time.monotonic()
    for part in parts(folder):
        door.request("POST", f"/events/{part.stream}", part.content, {"Content-Type": CSV})
        response = door.getresponse()
        said = response.read()
        if response.status != 202:
            raise RefusedError(f"{response.status} to {part.stream}: {said[:300]!r}")
    door.close()
    return started


def publish(system: System, folder: Path) -> None:
    """Publish every file to the log as the door does; raises aio-pika's errors."""
    streams = definitions_file.load([STREAMS]).streams
    made = (
        _message(streams[part.stream], part.content, number)
        for number, part in enumerate(parts(folder))
    )
    publish_all(system.amqp_url, made, _IN_FLIGHT, topology.EVENTS)


def _message(stream: Stream, content: bytes, number: int) -> aio_pika.Message:
    received = time.time_ns() // 1_000
    digest = hashlib.blake2b(str(number).encode(), digest_size=16).digest()
    packed = message.encode(
        EventMessage(
            stream.name, stream.version, received, _events(stream, content, digest, received)
        )
    )
    return rabbit_message(packed.body, packed.content_type, packed.content_encoding)


def _events(stream: Stream, content: bytes, digest: bytes, received: int) -> pa.RecordBatch:
    """The rows of a CSV in the columns in which they travel."""
    read = pa.csv.ReadOptions(block_size=len(content) + 1)
    convert = pa.csv.ConvertOptions(
        column_types={field.name: _csv_type(field) for field in stream.fields},
        null_values=[""],
        strings_can_be_null=True,
    )
    table = pa.csv.read_csv(pa.BufferReader(content), read, convert_options=convert)
    schema, arrays = columns.schema(stream), []
    for column in schema:
        if column.name in table.column_names:
            values = table[column.name].combine_chunks()
            arrays.append(_stored(stream.field(column.name), values))
        elif column.name == stream.time_column:
            arrays.append(pa.array(np.full(table.num_rows, received)))
        else:
            arrays.append(pa.nulls(table.num_rows, column.type))
    marks = pa.repeat(pa.scalar(digest, pa.binary(len(digest))), table.num_rows)
    return pa.record_batch(arrays, schema=schema).append_column(names.BODY, marks)


def _csv_type(field: Field) -> pa.DataType:
    match field.type:
        case "decimal":
            return pa.decimal128(_DIGITS, field.scale)
        case "timestamp":
            return pa.timestamp("us", "UTC")
        case "enum":
            return pa.string()
        case _:
            return columns.arrow_type(field)


def _stored(field: Field, values: pa.Array) -> pa.Array:
    match field.type:
        case "decimal":
            return pa.array([_minor(one, field.scale) for one in values.to_pylist()], pa.int64())
        case "timestamp":
            return values.cast(pa.int64())
        case "enum":
            return values.dictionary_encode().cast(columns.ENUM)
        case _:
            return values


def _minor(value: Decimal | None, scale: int) -> int | None:
    return None if value is None else int(value.scaleb(scale))
