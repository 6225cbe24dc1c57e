"""A streaming query whose micro-batches are computed by Spark and committed by somebody else.

The critical sequence, of a query and the writer that takes its results:

1. the writer's state says from where on the query begins; a checkpoint of before is removed;
2. Spark plans a micro-batch, a range of offsets, and calls back with its rows;
3. the executors compute, and the result waits for the writer, one at most;
4. the writer takes it and commits it together with its offsets. Spark computes the next one.

What Spark's checkpoint says is never gone on from: it may be ahead of the state (killed between 3
and 4), behind it, or lost, and the state alone knows what is counted.
"""

import queue
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from spark.driver.positions import Positions, starting_offsets
from spark.errors import QueryEndedError
from spark.rabbitmq_stream import RabbitMQStreamSource
from spark.settings import QuerySettings

#: What a JVM that is ending, or has ended, answers with.
SPARK_ERRORS = (PySparkException, Py4JError, OSError)
#: A result that nobody takes is offered again so often, to see whether the query was closed.
_OFFER_SECONDS = 0.2

R = TypeVar("R")


class MicroBatches(Generic[R]):
    """The results of a query, in the order of its micro-batches; closed at the end."""

    def __init__(
        self,
        session: SparkSession,
        name: str,
        settings: QuerySettings,
        compute: Callable[[DataFrame], R],
        positions: Positions,
        checkpoint: Path,
        *,
        url_env: str = "AMQP_URL",
        schema: str | None = None,
        **options: str,
    ) -> None:
        """Starts the query. `compute` is called in a thread of Spark's, with the rows of each
        micro-batch; it runs the jobs and gives back what the writer needs.

        `url_env` names the variable with the broker's URL; `schema` and `options` are for the
        source, where a decoder makes other rows than messages.
        """
        # 1.
        shutil.rmtree(checkpoint, ignore_errors=True)
        self._name = name
        self._compute = compute
        self._results: queue.Queue[R] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        reader = session.readStream.format(RabbitMQStreamSource.name())
        if schema is not None:
            reader = reader.schema(schema)
        rows = reader.options(
            urlEnv=url_env,
            streams=",".join(positions),
            startingOffsets=starting_offsets(positions),
            maxRowsPerTrigger=settings.spark_batch_messages,
            maxBytesPerTrigger=settings.spark_batch_bytes,
            **options,
        ).load()
        milliseconds = round(1_000 * settings.spark_trigger_seconds)
        self._query = (
            rows.writeStream.queryName(name)
            .foreachBatch(self._called_back)
            .option("checkpointLocation", str(checkpoint))
            .trigger(processingTime=f"{milliseconds} milliseconds")
            .start()
        )

    def take(self, patience_seconds: float) -> R | None:
        """The next result, after waiting for at most `patience_seconds`; None where none came.

        Raises QueryEndedError.
        """
        with suppress(queue.Empty):
            return self._results.get(timeout=patience_seconds)
        try:
            if self._query.isActive:
                return None
            reason = str(self._query.exception() or "it was stopped")
        except SPARK_ERRORS as error:
            reason = repr(error)
        raise QueryEndedError(self._name, reason)

    def close(self) -> None:
        """End the query; results that were not taken are dropped, since nothing committed them."""
        self._closed.set()
        with suppress(*SPARK_ERRORS):
            self._query.stop()

    def _called_back(self, rows: DataFrame, _: int) -> None:
        # 2. and 3.
        result = self._compute(rows)
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._results.put(result, timeout=_OFFER_SECONDS)
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.close()
