"""Asks the broker once a second how full the queues are, by passive declares; no plugin needed."""

import threading
from typing import Any

import msgspec
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive import set_aside
from dashboard.archive.set_aside import Aside
from dashboard.state import receivers_heard
from dashboard.state.model import Model
from dashboard.state.queue_rates import Ledger, QueueState, Samples
from dashboard.state.receivers_heard import ReceiversHeard, ReceiversState
from tillstream import archive, job_records, topology, verify_report
from tillstream.clock import Clock
from tillstream.runtime import broker, subscription
from tillstream.verify_report import Proof

log = structlog.get_logger()

#: From one sample to the next, and between two looks for a proof, seconds.
SAMPLE_SECONDS = 1.0
PROOF_SECONDS = 2.0
QUERY_TIMEOUT_MS = 2_000
#: Snapshots of receivers that wait in the broker for a busy process.
MOST_MESSAGES, MOST_BYTES = 64, 4_000_000
#: Depths that are older are no news, seconds.
LATELY_SECONDS = 10.0


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """What the operations page shows beside the feeds; times are Unix seconds."""

    at: float
    #: When the broker was last asked for the depths; None before.
    queues_at: float | None
    queues: list[QueueState]
    ledger: Ledger
    proof: Proof | None
    #: What was accepted and does not count.
    aside: list[Aside]
    #: Jobs whose newest run did not go well.
    failed_jobs: list[str]
    #: What vendors' deliveries came to.
    receivers: ReceiversState
    #: When MongoDB was last asked for these; None when it never answered.
    proof_at: float | None


class QueueWatch:
    """One for all viewers of the operations page; safe to call from several threads."""

    def __init__(
        self,
        client: MongoClient[dict[str, Any]],
        database: str,
        model: Model,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._database = client[database]
        self._model = model
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()
        self._samples = Samples()
        self._receivers = ReceiversHeard()
        self._depths: dict[str, tuple[int, int]] = {}
        self._depths_at: float | None = None
        self._proof: Proof | None = None
        self._aside: list[Aside] = []
        self._failed_jobs: list[str] = []
        self._proof_at: float | None = None
        self._proof_asked_at = 0.0

    def run(self, url: str) -> None:
        """Sample until `stop`; a broker that is away is tried again with backoff."""
        broker.keep_connected(url, "dashboard watch", self._session, self._stop)

    def operation(self) -> Operation:
        """The newest of everything; asks MongoDB now and then."""
        with self._lock:
            now = self._clock()
            due = now - self._proof_asked_at >= PROOF_SECONDS
            if due and not self._model.archive_away(now):
                self._proof_asked_at = now
                self._ask_archive(now)
            newest = self._model.newest
            return Operation(
                at=now,
                queues_at=self._depths_at,
                queues=self._samples.queues(self._depths, newest),
                ledger=self._samples.ledger(newest, now),
                proof=self._proof,
                aside=[*set_aside.uncounted(newest.tills), *self._aside],
                failed_jobs=self._failed_jobs,
                receivers=self._receivers.state(now),
                proof_at=self._proof_at,
            )

    def caught_up_at(self) -> float | None:
        """When the ledger had last read all of the log, Unix seconds; None when unknown."""
        with self._lock:
            return self._samples.ledger(self._model.newest, self._clock()).caught_up_at

    def depths(self) -> dict[str, tuple[int, int]]:
        """Messages and consumers of each queue; none where the broker was not asked lately."""
        with self._lock:
            lately = (
                self._depths_at is not None and self._clock() - self._depths_at < LATELY_SECONDS
            )
            return dict(self._depths) if lately else {}

    def behind_seconds(self) -> float | None:
        """How far the ledger is behind the log; 0 at its end, None when nobody tells."""
        with self._lock:
            return self._samples.ledger(self._model.newest, self._clock()).behind_seconds

    def _session(self, connection: BlockingConnection) -> None:
        # One of its own: the broker closes the other where a queue is missing.
        listening = connection.channel()
        heard = subscription.subscribe(listening, [topology.RECEIVERS], MOST_MESSAGES, MOST_BYTES)
        listening.basic_consume(heard, self._heard, auto_ack=True)
        channel = connection.channel()
        while not self._stop.is_set():
            depths: dict[str, tuple[int, int]] = {}
            for queue in topology.queues():
                if not channel.is_open:
                    channel = connection.channel()
                if (found := _depth(channel, queue.name)) is not None:
                    depths[queue.name] = found
            with self._lock:
                self._depths, self._depths_at = depths, self._clock()
                self._samples.add(self._depths_at, self._model.newest)
            connection.sleep(SAMPLE_SECONDS)

    def _heard(self, _: object, __: object, ___: object, body: bytes) -> None:
        try:
            snapshot = receivers_heard.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("snapshot left out", exchange=topology.RECEIVERS, error=str(error))
            return
        with self._lock:
            self._receivers.take(snapshot)

    def _ask_archive(self, now: float) -> None:
        try:
            found = self._database[archive.PROOFS].find_one(
                {"_id": verify_report.LAST}, max_time_ms=QUERY_TIMEOUT_MS
            )
            self._aside = set_aside.read(self._database)
            self._failed_jobs = job_records.failed(self._database)
            self._proof = verify_report.read(found) if found is not None else None
            self._proof_at = now
        except PyMongoError as error:
            log.info("no proof, nothing aside: the archive is away", error=str(error)[:200])
        except msgspec.ValidationError as error:
            log.warning("the last proof cannot be read", error=str(error))


def _depth(channel: BlockingChannel, queue: str) -> tuple[int, int] | None:
    """Messages and consumers; None when there is no such queue, which closes the channel."""
    try:
        found = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker:
        return None
    return found.message_count, found.consumer_count
