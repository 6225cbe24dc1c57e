"""The log of events as the events worker reads it, by a query of Spark's."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql import DataFrame, SparkSession

from events.log_source import LogBatch, MessagesBatch
from spark.driver.lasting_query import LastingQuery
from spark.driver.micro_batches import SPARK_ERRORS, MicroBatches
from spark.settings import QuerySettings
from spark.windows import heads, window_engine
from spark.windows.batch import SparkBatch
from spark.windows.places import ByOffset, ByStep, with_partition
from spark.windows.replay import Replay
from tillstream import topology
from tillstream.log.order import Order
from tillstream.runtime import broker
from tillstream.streams.definition import MICROSECONDS, Definitions, Stream
from tillstream.streams.event_partitions import stream_of
from tillstream.streams.events_log import EventsLog
from tillstream.streams.step_writer import StepWriter

log = structlog.get_logger()

#: For so long the broker's connection is left alone, seconds.
_SERVED_SECONDS = 0.1
#: While nothing comes the end of the log is looked up so often, seconds.
_LOOK_SECONDS = 2.0


class SparkLogSource:
    """A LogSource of the events worker (events/log_source.py)."""

    def __init__(
        self,
        session: SparkSession,
        settings: QuerySettings,
        definitions: Definitions,
        is_changed: Callable[[str, int], bool],
        url: str,
        checkpoint: Path,
        *,
        url_env: str = "AMQP_URL",
    ) -> None:
        """`is_changed`: whether something of a stream's message at a position was erased; `url` is
        the broker's.
        """
        self._session = session
        self._settings = settings
        self._definitions = definitions
        self._is_changed = is_changed
        self._url = url
        self._looked_up = EventsLog(url)
        self._checkpoint = checkpoint
        self._url_env = url_env
        #: By stream whether its windows' texts mean the same on Spark.
        self._for_spark: dict[str, bool] = {}
        self._connection: BlockingConnection | None = None
        self._query: LastingQuery[SparkBatch] | None = None
        self._taken: SparkBatch | None = None
        self._base = 0
        #: Of several partitions: what is read before the query begins, and who writes the order.
        self._replay: Replay | None = None
        self._steps: StepWriter | None = None
        #: By stream where the query begins, and the position behind what was taken; when and as of
        #: when all of the log was.
        self._starts: dict[str, int | None] = {}
        self._read_to = 0
        self._looked = 0.0
        self._caught_up_us: int | None = None

    def open(
        self, connection: BlockingConnection, start: int | None, counted_to: int, base: int
    ) -> None:
        """As LogSource: a query that begins there."""
        self.close()
        self._connection = connection
        self._read_to = start or 0
        self._caught_up_us = None
        self._base = base
        if broker.event_partitions(connection) > 1:
            self._replay = Replay(self._url, start, counted_to)
        else:
            self._starts = {topology.EVENTS_LOG: start}
            self._query = LastingQuery("windows", self._begun)

    def gather(self, patience_seconds: float, more_seconds: Callable[[], float]) -> LogBatch | None:
        """As LogSource: the next micro-batch, whose trigger has gathered it."""
        if self._connection is None:
            return None
        if self._replay is not None:
            return self._replayed(self._connection, self._replay, patience_seconds, more_seconds)
        deadline = time.monotonic() + max(patience_seconds, 0.0)
        while self._query is not None:
            remaining = max(deadline - time.monotonic(), 0.0)
            batch = self._query.take(min(remaining, _SERVED_SECONDS))
            self._connection.process_data_events(0)
            if batch is not None and not batch.ends:
                # The first of a query on a log that has nothing new for it.
                batch.release()
            elif batch is not None:
                self._taken = self._placed(batch)
                self._caught_up_us = None
                return batch
            if remaining <= 0:
                break
        return None

    def done(self) -> None:
        """As LogSource."""
        if self._replay is not None:
            self._replay.done()
        if self._taken is not None:
            self._taken.release()
            self._taken = None

    def caught_up_us(self) -> int | None:
        """As LogSource: the query does not tell, so the end of the log is looked up."""
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._looked = time.monotonic()
            now_us = int(time.time() * MICROSECONDS)
            last = self._looked_up.last_offset()
            is_caught_up = last is None or last < self._read_to
            self._caught_up_us = now_us if is_caught_up else None
        return self._caught_up_us

    def close(self) -> None:
        """As LogSource: the query ends, and what it holds is gone."""
        if self._query is not None:
            self._query.close()
            self._query = None
            with suppress(*SPARK_ERRORS):
                self._session.catalog.clearCache()
        if self._replay is not None:
            self._replay.close()
        self._replay = self._steps = self._taken = None

    def _replayed(
        self,
        connection: BlockingConnection,
        replay: Replay,
        patience_seconds: float,
        more_seconds: Callable[[], float],
    ) -> LogBatch | None:
        connection.process_data_events(0)
        if not replay.is_over:
            if messages := replay.gather(patience_seconds, more_seconds):
                self._read_to = messages[-1].offset + 1
                return MessagesBatch(
                    [one._replace(offset=one.offset + self._base) for one in messages]
                )
            return None
        replay.close()
        self._replay = None
        self._steps = StepWriter(connection, Order(self._url), self._read_to)
        ends = self._steps.last.ends
        partitions = broker.event_partitions(connection)
        self._starts = {stream_of(number): ends.get(number) for number in range(partitions)}
        self._query = LastingQuery("windows", self._begun)
        return None

    def _placed(self, batch: SparkBatch) -> SparkBatch:
        if self._steps is None:
            batch.placed(ByOffset(self._base))
            self._starts = {topology.EVENTS_LOG: batch.newest + 1 - self._base}
        else:
            step, *others = self._steps.write(batch.ends)
            if others:
                raise ConnectionError("another worker has written steps of the log's order")
            batch.placed(ByStep(step, self._base))
            self._starts |= {stream_of(number): end for number, end in batch.ends.items()}
        self._read_to = batch.newest + 1 - self._base
        return batch

    def _begun(self) -> MicroBatches[SparkBatch]:
        # What a query that ended has kept and nobody took.
        self._session.catalog.clearCache()
        return MicroBatches(
            self._session,
            "windows",
            self._settings,
            self._read,
            self._starts,
            self._checkpoint,
            url_env=self._url_env,
            schema=heads.SCHEMA,
            decoder=heads.DECODER,
            decoderArgument=heads.argument(self._definitions.events),
            minPartitions=str(self._settings.spark_cores),
        )

    def _read(self, messages: DataFrame) -> SparkBatch:
        if len(self._starts) > 1:
            messages = with_partition(messages)
        return SparkBatch(messages, self._is_counted_here, self._settings.spark_least_events)

    def _is_counted_here(self, stream: str, position: int) -> bool:
        # Asked of a stream once it is counted: at the start it would cost each window seconds.
        if stream not in self._for_spark:
            self._for_spark[stream] = self._is_for_spark(self._definitions.events[stream])
        return not self._for_spark[stream] or self._is_changed(stream, position)

    def _is_for_spark(self, stream: Stream) -> bool:
        for window in self._definitions.windows.values():
            if window.stream != stream.name:
                continue
            if reason := window_engine.why_not(self._session, stream, window):
                log.warning(
                    "a stream's windows are counted by DuckDB, in the driver",
                    stream=stream.name,
                    window=window.name,
                    reason=reason,
                )
                return False
        return True
