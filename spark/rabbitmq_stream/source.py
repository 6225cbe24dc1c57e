"""The data source: names, offsets and partitions, as Spark asks for them."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar, cast

import pyarrow as pa
from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql.datasource import DataSource, DataSourceStreamReader
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.streaming.datasource import (
    ReadAllAvailable,
    ReadLimit,
    ReadMaxBytes,
    ReadMaxRows,
    SupportsTriggerAvailableNow,
)
from pyspark.sql.types import StructType

from . import ends, rows
from .connection import BROKER_ERRORS, Retry, connect
from .errors import DataLossError
from .options import EARLIEST, Decode, DecodeAll, Options, decode_function, read_options
from .reading import Span, read_span
from .splitting import Sizes, split

log = logging.getLogger(__name__)

#: A connection that was not served for so long is not used again: the broker may have dropped it.
IDLE_SECONDS = 15.0

#: By stream the offset to read next: what a checkpoint has.
Offsets = dict[str, int]
T = TypeVar("T")


class RabbitMQStreamSource(DataSource):
    """RabbitMQ streams as rows; docs of the options in docs/spark.md."""

    @classmethod
    def name(cls) -> str:
        """What `format` is called with."""
        return "rabbitmq-stream"

    def schema(self) -> str:
        """One row a message, unless the reader gives a schema of its own."""
        return rows.SCHEMA

    def streamReader(self, schema: StructType) -> "StreamReader":  # noqa: N802 # Spark's name
        """Raises OptionError."""
        return StreamReader(read_options(self.options), to_arrow_schema(schema, timezone="UTC"))


class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Chooses the ends of batches in one process, and reads spans in the tasks of others."""

    def __init__(self, options: Options, schema: pa.Schema) -> None:
        self._options, self._schema = options, schema
        # Told before the first batch rather than by its tasks.
        decode_function(options)
        self._connection: BlockingConnection | None = None
        self._used = 0.0
        #: What an AvailableNow query ends with.
        self._targets: Offsets | None = None
        #: Of each stream the messages of the newest batch, where their bytes were read.
        self._sizes: dict[str, Sizes] = {}

    def initialOffset(self) -> Offsets:  # noqa: N802
        """Where a query without a checkpoint begins."""
        return {name: self._asked(self._start_of, name) for name in self._options.streams}

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802
        """Of both options one: that there is a limit is what Spark has to know."""
        if self._options.max_bytes is not None:
            return ReadMaxBytes(self._options.max_bytes)
        if self._options.max_rows is not None:
            return ReadMaxRows(self._options.max_rows)
        return ReadAllAvailable()

    def latestOffset(self, start: Offsets, limit: ReadLimit) -> Offsets:  # noqa: N802
        """Where the next batch ends: at the tails, or where a limit is reached before."""
        starts = {name: start.get(name, 0) for name in self._options.streams}
        tails = {name: self._asked(self._next_of, name, starts[name]) for name in starts}
        if self._targets is not None:
            tails = {
                name: min(tail, max(starts[name], self._targets[name]))
                for name, tail in tails.items()
            }
        for name, ending in self._options.ending.items():
            tails[name] = min(tails[name], max(starts[name], ending))
        behind = [name for name in starts if tails[name] > starts[name]]
        if isinstance(limit, ReadAllAvailable) or not behind:
            return tails
        return tails | {
            name: self._asked(self._limited, name, starts[name], tails[name], len(behind))
            for name in behind
        }

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802
        """What is in the streams now is read, and nothing that comes later."""
        self._targets = {
            name: self._asked(self._next_of, name, 0, ends.ASKED_ONCE_SECONDS)
            for name in self._options.streams
        }

    def partitions(self, start: Offsets, end: Offsets) -> Sequence[Span]:
        """One for each stream that has something, or several of each for `minPartitions`."""
        behind = [name for name in sorted(end) if end[name] > start.get(name, 0)]
        each = -(-(self._options.min_partitions or 1) // max(len(behind), 1))
        return [
            Span(name, first, last, name in start)
            for name in behind
            for first, last in split(start.get(name, 0), end[name], each, self._sizes.get(name, ()))
        ]

    def read(self, partition: Span) -> Iterator[pa.RecordBatch]:
        """The rows of a span; the same ones each time."""
        groups = read_span(self._options, partition)
        decode = decode_function(self._options)
        if decode is None:
            return rows.message_batches(partition.stream, groups, self._schema)
        if self._options.decodes_all:
            return rows.ordered(cast(DecodeAll, decode)(groups), self._schema)
        return rows.decoded_batches(
            partition.stream,
            groups,
            self._schema,
            cast(Decode, decode),
            self._options.skip_undecodable,
        )

    def stop(self) -> None:
        """The query has ended."""
        self._drop()

    def _start_of(self, connection: BlockingConnection, name: str) -> int:
        asked = self._options.starting[name]
        if isinstance(asked, int):
            return asked
        if asked == EARLIEST:
            return ends.first_offset(connection, name, ends.ASKED_ONCE_SECONDS) or 0
        return self._next_of(connection, name, 0, ends.ASKED_ONCE_SECONDS)

    def _next_of(
        self,
        connection: BlockingConnection,
        name: str,
        start: int,
        patience_seconds: float = ends.MAY_HAVE_NONE_SECONDS,
    ) -> int:
        """The offset behind the stream's last message, never before `start`."""
        if start > 0:
            patience_seconds = ends.HAS_SOME_SECONDS
        last = ends.last_offset(connection, name, patience_seconds)
        if last is not None and last + 1 >= start:
            return last + 1
        if start > 0:
            found = "is empty" if last is None else f"ends at offset {last}"
            lost = f"{name} {found}, but was read up to {start}: it is another stream"
            if self._options.fail_on_data_loss:
                raise DataLossError(lost)
            log.error("data lost: %s", lost)
        return start

    def _limited(
        self, connection: BlockingConnection, name: str, start: int, end: int, behind: int
    ) -> int:
        """The limits' shares of a stream, where so many are behind."""
        most_bytes, most_rows = self._options.max_bytes, self._options.max_rows
        if most_rows is not None:
            # Between two offsets there are at most as many messages: holes make them fewer.
            end = min(end, start + max(1, most_rows // behind))
        if most_bytes is not None:
            share = max(1, most_bytes // behind)
            sizes = ends.sizes_within_bytes(connection, name, start, end - 1, share)
            self._sizes[name] = sizes
            end = sizes[-1][0] + 1
        return end

    def _asked(self, question: Callable[..., T], *arguments: object) -> T:
        """The answer of `question(connection, ...)`, asked again while the broker is away."""
        retry = Retry(self._options.retry_seconds)
        while True:
            try:
                answer = question(self._connected(), *arguments)
            except BROKER_ERRORS as error:
                self._drop()
                retry.wait(error)
            else:
                self._used = time.monotonic()
                return answer

    def _connected(self) -> BlockingConnection:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._drop()
        if self._connection is None:
            self._connection = connect(self._options.url)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(*BROKER_ERRORS):
                self._connection.close()
        self._connection = None
