"""The persistence worker: batches from the durable queue to MongoDB, nothing lost or twice.

The critical sequence, for each batch:

1. decode: each receipt becomes an entry; what is no receipt is set aside with its reason;
2. write: unordered, until a majority has it in its journal; MongoDB away, this waits;
3. dead-letter: what was set aside, or refused by MongoDB, is published and confirmed;
4. ack: the broker forgets the batch.

Killed before 4, the whole batch comes again: step 2 finds its documents stored and counts them
as duplicates, step 3 may repeat a dead letter. Step 2 runs in a thread, so that the connection
is served meanwhile and the next batch is decoded; the prefetch bounds what waits here.
"""

import contextlib
import threading
import time
from collections import deque
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ConnectionWrongStateError, ConsumerCancelled

from persistence.writer.archive_writer import ArchiveWriter, Outcome
from persistence.writer.batch import LIMITS, PREFETCH, Batch, Delivery, Limits
from persistence.writer.batch_writing import BatchWriting, Writing
from persistence.writer.dead_lettering import publish_letter
from persistence.writer.delays import Delays
from persistence.writer.entries import Encoded, encoded
from persistence.writer.worker_figures import WorkerFigures
from tillstream import topology
from tillstream.clock import Clock, utc
from tillstream.runtime import broker
from tillstream.runtime.consumer_watch import ConsumerWatch
from tillstream.runtime.periodic import Every
from tillstream.runtime.resting import rest
from tillstream.runtime.watching.watched import Watched
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: How often the queue is bound again, seconds: what is accepted while a binding is gone does not
#: come here, and nothing tells.
BIND_AGAIN_SECONDS = 1.0

#: Longest time until a request to stop is noticed, seconds.
IDLE_SECONDS = 0.2


class Worker:
    """What a session needs; one for the process, a session for each connection."""

    def __init__(
        self,
        archive: ArchiveWriter,
        delays: Delays,
        stores: StoreTable,
        executor: Executor,
        *,
        limits: Limits = LIMITS,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
        watched: Watched | None = None,
        tracer: "Tracer | None" = None,
    ) -> None:
        """`executor` has one thread, so that batches are written in their order."""
        self.delays = delays
        self.stores = stores
        self.writing = BatchWriting(executor, archive, delays, tracer)
        self.limits = limits
        self.clock = clock
        self.monotonic = monotonic
        self.figures = WorkerFigures(watched or Watched("persistence"), delays, monotonic)

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Take from the queue until `stop`; raises pika's errors on a loss."""
        session = Session(self, connection)
        try:
            while not stop.is_set():
                session.turn()
            session.finish()
        finally:
            session.over.set()


class Session:
    """One connection's deliveries, from the first to the last ack."""

    def __init__(self, worker: Worker, connection: BlockingConnection) -> None:
        self._worker = worker
        self._connection = connection
        #: Set at the end: a write that waits for MongoDB gives up, its messages come again.
        self.over = threading.Event()
        self._waiting: deque[Delivery] = deque()
        self._batch: Batch | None = None
        #: The batch as MongoDB gets it, once it is full or due.
        self._ready: Encoded | None = None
        self._writing: Writing | None = None
        #: Whether the batch before was small.
        self._is_quiet = False
        self._letters: BlockingChannel = connection.channel()
        self._letters.confirm_delivery()
        self._channel: BlockingChannel = connection.channel()
        broker.declare(self._channel)
        self._channel.basic_qos(prefetch_count=PREFETCH)
        self._channel.basic_consume(topology.PERSISTENCE_QUEUE, self._take)
        self._watch = ConsumerWatch(self._channel, topology.PERSISTENCE_QUEUE, is_stream=False)
        self._binding_due = Every(BIND_AGAIN_SECONDS, worker.monotonic)

    def turn(self) -> None:
        """Serve the connection until there is something to do, and do it."""
        self._worker.figures.turn(len(self._waiting), writing=self._writing is not None)
        self._rest()
        self._connection.process_data_events(self._idle_seconds())
        if not self._channel.consumer_tags:
            # pika says nothing when the broker closed the channel or deleted the queue.
            raise ConsumerCancelled(topology.PERSISTENCE_QUEUE)
        if not self._waiting and self._batch is None and self._writing is None:
            self._watch.look()
        if self._binding_due.is_due():
            self._channel.queue_bind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
        self._settle()
        self._decode()
        self._write()

    def finish(self) -> None:
        """Settle the batch in hand; MongoDB away, leave it to the broker."""
        self.over.set()
        while self._writing is not None:
            self._connection.process_data_events(IDLE_SECONDS)
            self._settle()

    def _take(
        self,
        _: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self._waiting.append(Delivery.of(method, properties, body))
        self._watch.heard = True

    def _rest(self) -> None:
        # What comes while a small batch waits for more is read together.
        if self._is_quiet and self._batch is not None and self._writing is None:
            rest(min(self._batch.remaining(self._worker.monotonic()), IDLE_SECONDS))

    def _idle_seconds(self) -> float:
        if self._waiting and self._takes_more():
            return 0.0
        if self._batch is None or self._writing is not None:
            return IDLE_SECONDS  # a delivery or the end of the write wakes us
        return min(self._batch.remaining(self._worker.monotonic()), IDLE_SECONDS)

    def _decode(self) -> None:
        # 1. decode
        while self._waiting and self._takes_more():
            if self._batch is None:
                self._batch = Batch(self._worker.monotonic(), self._worker.limits)
            self._batch.add(self._waiting.popleft(), self._worker.stores)

    def _takes_more(self) -> bool:
        return self._ready is None and not (self._batch and self._batch.is_full())

    def _write(self) -> None:
        if self._batch is None or self._batch.remaining(self._worker.monotonic()) > 0:
            return
        if self._ready is None:
            # While the batch before is written: the writer then has nothing to do but to send.
            self._ready = encoded(self._batch.entries, utc(self._worker.clock()))
        if self._writing is not None:
            return
        self._is_quiet = self._batch.is_small()
        # 2. write
        self._writing = self._worker.writing.begin(self._batch, self._ready, self.over)
        self._batch = self._ready = None
        self._writing.outcome.add_done_callback(self._wake)

    def _wake(self, _: Future[Outcome | None]) -> None:
        # Of a connection that was lost meanwhile there is nobody to wake.
        with contextlib.suppress(ConnectionWrongStateError):
            self._connection.add_callback_threadsafe(lambda: None)

    def _settle(self) -> None:
        if self._writing is None or not self._writing.outcome.done():
            return
        batch, outcome = self._writing.batch, self._writing.outcome.result()
        self._writing = None
        self._worker.figures.settled()
        if outcome is None:  # given up at the end of the session: the batch comes again
            return
        # 3. dead-letter
        for letter in batch.letters(outcome.refused):
            publish_letter(self._letters, letter)
            self._worker.delays.add_others(dead_lettered=1)
        # 4. ack
        self._channel.basic_ack(batch.last_tag, multiple=True)
