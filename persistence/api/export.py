"""Receipts as a file that is made while it is sent: a batch at a time, never all of them."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing
from decimal import Decimal
from itertools import groupby
from typing import Protocol, TypeVar

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from persistence.api import views
from persistence.api.archived_exports import ROW
from persistence.api.parameters import Format
from persistence.csv_output import BEGIN, csv_rows
from tillstream.archive import Document
from tillstream.codec import NDJSON
from tillstream.errors import TillstreamError

log = structlog.get_logger()

#: Receipts that are in hand at once: of text about 1 MB, of documents for Parquet about 5 MB.
TEXT_BATCH = 500
PARQUET_BATCH = 1_000
#: Receipts that a reader of Parquet reads or skips as a whole: about 1 MB of columns.
ROW_GROUP = 5 * PARQUET_BATCH
#: Receipts that a file names which are not in it.
NAMED = 1_000

#: A client that takes nothing for so long is given up, seconds: it holds a place and a cursor.
STALLED_SECONDS = 60.0

#: Of a row of CSV: a receipt's fields as the view names them, each amount once.
COLUMNS = tuple(
    name for name in views.ReceiptView.__struct_encode_fields__ if not name.endswith("Minor")
)


#: What the view of a document raises that was damaged in MongoDB.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
)

T = TypeVar("T")


class Writer(Protocol):
    """Makes a file from batches; what each method returns is its next piece."""

    media_type: str
    #: What it reads of a document, and how many documents at a time.
    fields: Iterable[str]
    batch: int

    def begin(self) -> bytes: ...

    def add(self, documents: list[Document]) -> bytes: ...

    def end(self) -> bytes: ...


class NdjsonWriter:
    """One receipt a line, as `GET /receipts` shows it."""

    media_type = NDJSON
    fields: Iterable[str] = views.FIELDS
    batch = TEXT_BATCH

    def begin(self) -> bytes:
        return b""

    def add(self, documents: list[Document]) -> bytes:
        return b"".join(_made(documents, _ndjson_line, _ndjson_left_out))

    def end(self) -> bytes:
        return b""


class CsvWriter:
    """One receipt a row, for a spreadsheet: amounts in its currency, `lines` their number."""

    media_type = "text/csv; charset=utf-8; header=present"
    fields: Iterable[str] = views.FIELDS
    batch = TEXT_BATCH

    def begin(self) -> bytes:
        return BEGIN + csv_rows([COLUMNS])

    def add(self, documents: list[Document]) -> bytes:
        return csv_rows(_made(documents, _csv_row, _csv_left_out))

    def end(self) -> bytes:
        return b""


def _made(
    documents: Iterable[Document],
    made: Callable[[Document], T],
    left_out: Callable[[str, str], T],
) -> Iterator[T]:
    """Of each document what is made of it; of one that is no receipt, its key and the reason."""
    for document in documents:
        try:
            piece = made(document)
        except _UNREADABLE as error:
            key, reason = str(document["_id"]), f"{type(error).__name__}: {error}"
            log.error("a receipt is not in the export", key=key, reason=reason)
            piece = left_out(key, reason)
        yield piece


def _ndjson_line(document: Document) -> bytes:
    return views.encode(views.receipt_view(document)) + b"\n"


def _ndjson_left_out(key: str, reason: str) -> bytes:
    return views.encode({"key": key, "leftOut": reason}) + b"\n"


def _csv_left_out(key: str, reason: str) -> list[object]:
    return [key, f"left out: {reason}", *[None] * (len(COLUMNS) - 2)]


def _csv_row(document: Document) -> list[object]:
    receipt = views.receipt_view(document)
    return [
        receipt.key,
        receipt.store,
        receipt.till,
        receipt.number,
        receipt.agent,
        receipt.customer,
        receipt.date,
        receipt.business_day,
        receipt.received_at.isoformat(),
        receipt.stored_at.isoformat(),
        Decimal(receipt.net),
        Decimal(receipt.tax),
        Decimal(receipt.gross),
        len(receipt.lines),
        "; ".join(f"{each.mechanism} {each.amount}" for each in receipt.payments),
        receipt.currency,
    ]


class ParquetWriter:
    """The rows of the analytic archive; what waits for its row group are columns already."""

    media_type = "application/vnd.apache.parquet"
    batch = PARQUET_BATCH

    def __init__(self) -> None:
        # 60 MB of memory that only such an export is worth.
        import pyarrow
        import pyarrow.parquet

        from persistence.parquet import columns, rows, stored

        self.fields: Iterable[str] = stored.FIELDS
        # Arrow's own pool keeps memory for every thread that a batch was in.
        pyarrow.set_memory_pool(pyarrow.system_memory_pool())
        self._rows = rows
        self._schema = columns.SCHEMA
        self._table_of = pyarrow.Table.from_batches
        self._group: list[pyarrow.RecordBatch] = []
        self._left_out: list[str] = []
        self._sink = io.BytesIO()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, columns.SCHEMA, compression="zstd")

    def begin(self) -> bytes:
        return b""

    def add(self, documents: list[Document]) -> bytes:
        for batch, part in groupby(documents, key=lambda each: each.get(ROW, (None,))[0]):
            if batch is not None:
                rows = self._table_of([batch.take([each[ROW][1] for each in part])])
                self._group += rows.select(self._schema.names).cast(self._schema).to_batches()
            elif carried := self._rows.carried_part(list(part), self._leave_out):
                self._group.append(carried.batch)
        if sum(len(each) for each in self._group) < ROW_GROUP:
            return b""
        self._write_group()
        return self._taken()

    def end(self) -> bytes:
        if self._group:
            self._write_group()
        if self._left_out:
            self._writer.add_key_value_metadata({"leftOut": json.dumps(self._left_out)})
        self._writer.close()
        return self._taken()

    def _leave_out(self, error: TillstreamError) -> None:
        """It is named in the log, and in the file's own metadata as `leftOut`."""
        log.error("a receipt is not in the export", reason=str(error))
        if len(self._left_out) < NAMED:
            self._left_out.append(str(error))

    def _write_group(self) -> None:
        self._writer.write_table(self._table_of(self._group, self._schema))
        self._group.clear()

    def _taken(self) -> bytes:
        """What has been written since; positions in the file are counted by the library."""
        piece = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return piece


WRITERS: dict[Format, type[Writer]] = {
    "csv": CsvWriter,
    "ndjson": NdjsonWriter,
    "parquet": ParquetWriter,
}


async def pieces(
    writer: Writer, first: list[Document], batches: AsyncGenerator[list[Document]]
) -> AsyncGenerator[bytes]:
    """The file, piece by piece, of `first` and what follows.

    A batch is turned into bytes in a thread, so that other requests have their turns.
    """
    if begin := writer.begin():
        yield begin
    batch: list[Document] | None = first
    while batch:
        if piece := await asyncio.to_thread(writer.add, batch):
            yield piece
        batch = await anext(batches, None)
    if end := await asyncio.to_thread(writer.end):
        yield end


class SteadyResponse(StreamingResponse):
    """Sends pieces as fast as the client takes them; a client that left or stalls ends them."""

    def __init__(
        self,
        content: AsyncGenerator[bytes],
        held: AsyncExitStack,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        """`held` is let go at the end, whole or not."""
        super().__init__(content, headers=headers, media_type=media_type)
        self._content = content
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(STALLED_SECONDS):
                await send(message)

        async with self._held, aclosing(self._content):
            await super().__call__(scope, receive, send_in_time)


class Download(SteadyResponse):
    """Pieces that a browser saves as a file."""

    def __init__(
        self, content: AsyncGenerator[bytes], held: AsyncExitStack, media_type: str, name: str
    ) -> None:
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        super().__init__(content, held, media_type, headers)
