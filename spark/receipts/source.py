"""The receipts log as Spark decodes it, for the totals worker."""

import json
from collections.abc import Callable, Iterable, Sequence

from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql import DataFrame, SparkSession

from analytics.workers.log_parts import LogPart
from spark.driver.lasting_query import LastingQuery
from spark.driver.micro_batches import MicroBatches
from spark.receipts.decoding import DECODER, PARTS, argument
from spark.receipts.parts import DecodedPart
from spark.receipts.settings import ReceiptsSettings
from tillstream import stores, topology
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets, in_stream, partition_of, reached

#: The broker's URL in the environment of the driver.
URL_ENV = "AMQP_URL"


class SparkSource:
    """A query over the partitions of the log, from the ledger's positions on; of a partition
    without one from its first message.

    What stands before a mark has a query of its own, which ends there: only when all of that is
    taken does the next one begin.
    """

    def __init__(
        self,
        session: SparkSession,
        settings: ReceiptsSettings,
        connection: BlockingConnection,
        log: PartitionedLog,
        positions: Offsets,
        url_env: str = URL_ENV,
    ) -> None:
        """`connection` is kept alive by `gather`."""
        self._session, self._settings, self._url_env = session, settings, url_env
        self._url = settings.amqp_url
        self._connection = connection
        self._log = log
        firsts = log.first_offsets() if log.marks else {}
        #: Behind all that was gathered; it is committed before more is asked for.
        self._next_offsets = {**firsts, **positions}
        #: The last messages that stand before the next mark; of none without one.
        self._before_mark = log.before_next_mark(self._next_offsets)
        self._stores = argument(stores.load(settings))
        self._query = LastingQuery("receipts", self._begun)

    def gather(self, patience_seconds: float, __: Callable[[], float]) -> Sequence[LogPart]:
        """The next micro-batch, if it comes in `patience_seconds`.

        Raises QueryEndedError for a query that does not last, and pika's errors on a loss of the
        connection.
        """
        if self._before_mark and reached(self._next_offsets, self._ends()):
            self._query.close()
            self._before_mark = self._log.before_next_mark(self._next_offsets)
        parts = self._query.take(patience_seconds)
        for part in parts or ():
            offset, _ = part.last
            self._next_offsets[partition_of(offset)] = offset + 1
        # Nothing else is read on it: heartbeats, and that it is lost, are met here.
        self._connection.process_data_events(time_limit=0)
        return parts or ()

    def _begun(self) -> MicroBatches[list[DecodedPart]]:
        return MicroBatches(
            self._session,
            "receipts",
            self._settings,
            self._computed,
            _by_stream(self._next_offsets, self._before_mark or self._log.parts),
            self._settings.checkpoint(),
            url_env=self._url_env,
            schema=PARTS,
            endingOffsets=json.dumps(_by_stream(self._ends(), self._before_mark)),
            decoder=DECODER,
            decoderOf="messages",
            decoderArgument=self._stores,
        )

    def done(self) -> None:
        """Nothing: the source reads by offsets that the ledger alone goes on from."""

    def close(self) -> None:
        """End the query."""
        self._query.close()

    def _ends(self) -> dict[int, int]:
        return {number: last + 1 for number, last in self._before_mark.items()}

    def _computed(self, rows: DataFrame) -> list[DecodedPart]:
        parts = [DecodedPart(self._url, **row) for row in rows.toArrow().to_pylist()]
        return sorted(parts, key=lambda part: part.first)


def _by_stream(offsets: Offsets, partitions: Iterable[int]) -> dict[str, int | None]:
    found = {number: offsets.get(number) for number in partitions}
    return {
        topology.partition_stream(number): None if offset is None else in_stream(offset)
        for number, offset in found.items()
    }
