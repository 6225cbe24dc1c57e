"""The receipts log as Spark decodes it, for the totals worker."""

from collections.abc import Callable, Sequence

from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql import DataFrame, SparkSession

from analytics.workers.log_parts import LogPart
from spark.driver.lasting_query import LastingQuery
from spark.driver.micro_batches import MicroBatches
from spark.receipts.decoding import DECODER, PARTS, argument
from spark.receipts.parts import DecodedPart
from spark.receipts.settings import ReceiptsSettings
from tillstream import stores, topology

#: The broker's URL in the environment of the driver.
URL_ENV = "AMQP_URL"


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
        self._query = LastingQuery("receipts", self._begun)

    def gather(self, patience_seconds: float, _: Callable[[], float]) -> Sequence[LogPart]:
        """The next micro-batch, if it comes in `patience_seconds`.

        Raises QueryEndedError for a query that does not last, and pika's errors on a loss of the
        connection.
        """
        parts = self._query.take(patience_seconds)
        if parts:
            self._next_offset = parts[-1].last[0] + 1
        # Nothing else is read on it: heartbeats, and that it is lost, are met here.
        self._connection.process_data_events(time_limit=0)
        return parts or ()

    def _begun(self) -> MicroBatches[list[DecodedPart]]:
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

    def done(self) -> None:
        """Nothing: the source reads by offsets that the ledger alone goes on from."""

    def close(self) -> None:
        """End the query."""
        self._query.close()

    def _computed(self, rows: DataFrame) -> list[DecodedPart]:
        parts = [DecodedPart(self._url, **row) for row in rows.toArrow().to_pylist()]
        return sorted(parts, key=lambda part: part.first)
