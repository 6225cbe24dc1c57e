"""The connectors' worker: every sale of the log of deliveries once on the log of receipts."""

import threading
from collections.abc import Callable

from pika.adapters.blocking_connection import BlockingConnection

from connectors.state.state_file import State
from connectors.worker.fetching import Fetching
from connectors.worker.figures import WorkerFigures
from connectors.worker.log_start import find_start
from connectors.worker.publishing import OutboxPublisher
from connectors.worker.retrying import Retrying
from connectors.worker.taking import Step, Taking
from tillstream import topology
from tillstream.accepted_count import AcceptedCount
from tillstream.clock import Clock
from tillstream.log.continuity import LogEnds
from tillstream.log.reader import LogReader
from tillstream.runtime import broker
from tillstream.runtime.periodic import DETAILS_SECONDS, Every

#: Deliveries that the broker sends ahead, and that are one commit at most.
PREFETCH = 50
#: Longest wait for a delivery, and what comes within so long of the first is one commit, seconds.
PATIENCE_SECONDS, GATHER_SECONDS = 0.25, 0.02
#: How often somebody's wish for a retry is looked for, and the log's binding made anew, seconds.
RETRY_SECONDS, BINDING_SECONDS = 1.0, 5.0
#: How often what vendors answered is held against the log's first offset, seconds.
PRUNE_SECONDS = 600.0


class ConnectorsWorker:
    """Follows the log of deliveries. One writer: it owns the state's file."""

    def __init__(
        self,
        state: State,
        taking: Taking,
        fetching: Fetching,
        retrying: Retrying,
        looked_up: LogEnds,
        accepted: AcceptedCount,
        figures: WorkerFigures,
        clock: Clock,
        *,
        partitions: int,
        declare: Callable[[BlockingConnection], None],
        step: Step = lambda _: None,
    ) -> None:
        """`looked_up` is what can be looked up of the log of deliveries."""
        self._state = state
        self._taking = taking
        self._fetching = fetching
        self._retrying = retrying
        self._looked_up = looked_up
        self._accepted = accepted
        self._figures = figures
        self._clock = clock
        self._partitions = partitions
        self._declare = declare
        self._step = step

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume until `stop`. Raises pika's errors on a loss."""
        channel = connection.channel()
        broker.declare(channel)
        self._declare(connection)
        outbox = OutboxPublisher(
            self._state, connection, self._partitions, self._accepted, self._step
        )
        # What a kill left.
        outbox.publish()
        start = find_start(self._state, self._looked_up)
        self._figures.log_offset = self._looked_up.last_offset()
        reader = LogReader(connection, start, PREFETCH, topology.DELIVERIES_LOG)
        retry = Every(RETRY_SECONDS, self._clock)
        details = Every(DETAILS_SECONDS, self._clock)
        binding = Every(BINDING_SECONDS, self._clock)
        pruning = Every(PRUNE_SECONDS, self._clock)
        while not stop.is_set():
            self._figures.vitals.turn()
            if self._fetching.is_full:
                connection.process_data_events(time_limit=PATIENCE_SECONDS)
            elif messages := reader.gather(PATIENCE_SECONDS, lambda: GATHER_SECONDS):
                self._step(1)
                self._taking.take(messages)
                self._step(5)
                reader.done()
                self._figures.taken(messages[-1].offset)
            if answers := self._fetching.turn():
                self._taking.answered(answers)
            if retry.is_due():
                self._retrying.turn()
            outbox.publish()
            self._figures.turned()
            if details.is_due():
                broker.publish_snapshot(channel, topology.RECEIVERS, self._figures.snapshot())
            if binding.is_due():
                channel.queue_bind(topology.DELIVERIES_LOG, topology.DELIVERIES)
            if pruning.is_due():
                self._taking.prune(self._looked_up.first_offset() or 0)
