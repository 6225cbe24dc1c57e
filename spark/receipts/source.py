"""The receipts log as Spark decodes it, for the totals worker."""

import random
import time
from collections.abc import Callable, Sequence

import structlog
from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql import DataFrame, SparkSession

from analytics.workers.log_parts import LogPart
from spark.driver.micro_batches import SPARK_ERRORS, MicroBatches
from spark.errors import QueryEndedError
from spark.receipts.decoding import DECODER, PARTS, argument
from spark.receipts.parts import DecodedPart
from spark.receipts.settings import ReceiptsSettings
from tillstream import stores, topology

log = structlog.get_logger()

#: The broker's URL in the environment of the driver.
URL_ENV = "AMQP_URL"


#: A query that ends by itself begins anew so often without a micro-batch in between: an executor
#: was killed, or a machine so busy that Spark gave up a process that it had started.
ATTEMPTS = 10
#: Seconds before the first of them, at most; twice as long before each further one, up to eight.
WAIT_SECONDS = 1.0


class SparkSource:
    """A query over the log from an offset on; without one from the first message."""

    def __init__(
        self,
        session: SparkSession,
        settings: ReceiptsSettings,
        connection: BlockingConnection,
        next_offset: int | None,
        url_env: str = URL_ENV,
    ) -> None:
        """`connection` is kept alive by `gather`."""
        self._session, self._settings, self._url_env = session, settings, url_env
        self._url = settings.amqp_url
        self._connection = connection
        #: Behind all that was gathered; it is committed before more is asked for.
        self._next_offset = next_offset
        self._stores = argument(stores.load(settings))
        self._query: MicroBatches[list[DecodedPart]] | None = None
        self._failures = 0
        self._begins_at = 0.0

    def gather(self, patience_seconds: float, _: Callable[[], float]) -> Sequence[LogPart]:
        """The next micro-batch, if it comes in `patience_seconds`.

        Raises QueryEndedError for a query that does not last, and pika's errors on a loss of the
        connection.
        """
        parts = self._taken(patience_seconds)
        # Nothing else is read on it: heartbeats, and that it is lost, are met here.
        self._connection.process_data_events(time_limit=0)
        return parts or ()

    def _taken(self, patience_seconds: float) -> list[DecodedPart] | None:
        wait = self._begins_at - time.monotonic()
        if self._query is None and wait > 0:
            time.sleep(min(wait, patience_seconds))
            return None
        try:
            self._query = self._query or self._begun()
            parts = self._query.take(patience_seconds)
        except QueryEndedError as error:
            self.close()
            self._failures += 1
            if self._failures >= ATTEMPTS:
                raise
            log.warning("Spark's query ended, it begins anew", reason=error.reason)
            limit = WAIT_SECONDS * 2 ** min(self._failures, 4)
            self._begins_at = time.monotonic() + random.uniform(limit / 4, limit / 2)  # noqa: S311
            return None
        if parts:
            self._failures = 0
            self._next_offset = parts[-1].last[0] + 1
        return parts

    def _begun(self) -> MicroBatches[list[DecodedPart]]:
        try:
            return MicroBatches(
                self._session,
                "receipts",
                self._settings,
                self._computed,
                {topology.RECEIPTS_LOG: self._next_offset},
                self._settings.checkpoint(),
                url_env=self._url_env,
                schema=PARTS,
                decoder=DECODER,
                decoderOf="messages",
                decoderArgument=self._stores,
            )
        except SPARK_ERRORS as error:
            raise QueryEndedError("receipts", repr(error)) from error

    def done(self) -> None:
        """Nothing: the source reads by offsets that the ledger alone goes on from."""

    def close(self) -> None:
        """End the query."""
        if self._query is not None:
            self._query.close()
            self._query = None

    def _computed(self, rows: DataFrame) -> list[DecodedPart]:
        parts = [DecodedPart(self._url, **row) for row in rows.toArrow().to_pylist()]
        return sorted(parts, key=lambda part: part.first)
