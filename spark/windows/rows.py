"""Messages of one stream as rows, those that count: what executors make for Spark SQL."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.udf import UserDefinedFunction
from pyspark.util import PythonEvalType

from events.windows.decoding import MessageDecoder
from events.windows.executors_stage import Counted
from events.windows.figures import Aside
from spark.decoders.events import own_columns
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.streams import columns
from tillstream.streams.definition import Stream
from tillstream.streams.names import RECEIVED

#: Rows that go to the JVM at once: each batch costs some 0.1 ms.
BATCH_ROWS = 16_384


@dataclass(frozen=True)
class RowsOfStream:
    """A function for `mapInArrow` over messages, with the columns of `schema`."""

    stream: Stream
    names: frozenset[str]
    #: By the offset of a message which of its events count.
    counted: Counted

    def schema(self) -> str:
        """The columns that the windows ask for, and `received`."""
        return ", ".join([*own_columns(self.stream, self.names), f"{RECEIVED} bigint"])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Raises UndecodableMessageError."""
        fields = [each for each in columns.schema(self.stream) if each.name in self.names]
        decoder = MessageDecoder({self.stream.name: self.stream}, {self.stream.name: self.names})
        waiting: list[pa.RecordBatch] = []
        rows = 0
        for batch in batches:
            for message in messages_of(batch, self.counted.keys()):
                waiting.append(self._rows(message, decoder, fields))
                rows += waiting[-1].num_rows
                if rows >= BATCH_ROWS:
                    yield pa.concat_batches(waiting)
                    waiting, rows = [], 0
        if waiting:
            yield pa.concat_batches(waiting)

    def _rows(
        self, message: LogMessage, decoder: MessageDecoder, fields: list[pa.Field]
    ) -> pa.RecordBatch:
        decoded = decoder.decode(message)
        if isinstance(decoded, Aside):
            raise UndecodableMessageError(decoded.reason)
        events, first = decoded.events, self.counted[message.offset]
        if first is not None:
            events = events.filter(pa.array(first))
        arrays = [_plain(events.column(each.name)) for each in fields]
        arrays.append(pa.array(np.full(events.num_rows, decoded.received_us, np.int64)))
        return pa.RecordBatch.from_arrays(arrays, names=[*(each.name for each in fields), RECEIVED])


def rows_of(messages: DataFrame, made: RowsOfStream) -> DataFrame:
    """The rows of messages, as `DataFrame.mapInArrow` makes them.

    That asks for pandas before it does anything, and needs none.
    """
    function = UserDefinedFunction(
        made, made.schema(), evalType=PythonEvalType.SQL_MAP_ARROW_ITER_UDF
    )
    column: Any = function(*(messages[name] for name in messages.columns))
    plan = messages._jdf.mapInArrow(column._jc, False, None)
    return DataFrame(plan, messages.sparkSession)


def messages_of(batch: pa.RecordBatch, wanted: Collection[int] | None) -> Iterator[LogMessage]:
    """The messages of a batch of the source, all or those of some offsets."""
    offsets = batch.column("log_offset").to_pylist()
    kinds, encodings = batch.column("content_type"), batch.column("content_encoding")
    bodies = batch.column("body")
    for row, offset in enumerate(offsets):
        if wanted is None or offset in wanted:
            body, kind, encoding = bodies[row], kinds[row], encodings[row]
            yield LogMessage(offset, body.as_py(), kind.as_py(), encoding.as_py())


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
