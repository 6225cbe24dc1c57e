"""What the door counts, for `GET /metrics` in the text format of Prometheus."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from tillstream.runtime.watching.figures import Batches, Measured, disk_figures, measured


class Metrics:
    """Counters of this process; they begin at zero with it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._accepted = Counter(
            "tillstream_receipts_accepted", "Receipts that the broker confirmed", registry=registry
        )
        self._refused = Counter(
            "tillstream_requests_refused",
            "Requests answered with an error, by status",
            ["status"],
            registry=registry,
        )
        # A look-up of labels costs more than all else of a count; refusals come in floods.
        self._refused_with = lru_cache(maxsize=100)(self._refused.labels)
        # There from the first scrape on: an increase is only seen of what was there before.
        self._refused.labels(503)
        self._marked = Counter(
            "tillstream_receipts_marked",
            "Receipts accepted and marked, by rule",
            ["rule"],
            registry=registry,
        )
        self._marked_by = lru_cache(maxsize=100)(self._marked.labels)
        self._events_accepted = Counter(
            "tillstream_events_accepted",
            "Events that the broker confirmed, by stream",
            ["stream"],
            registry=registry,
        )
        self._events_refused = Counter(
            "tillstream_events_refused",
            "Events that broke a rule of their stream",
            ["stream"],
            registry=registry,
        )
        self._deliveries_accepted = Counter(
            "tillstream_deliveries_accepted",
            "Deliveries of vendors that the broker confirmed, by receiver",
            ["receiver"],
            registry=registry,
        )
        self._deliveries_refused = Counter(
            "tillstream_deliveries_refused",
            "Deliveries that were not taken, by receiver and why",
            ["receiver", "reason"],
            registry=registry,
        )
        self._delivery_refused_for = lru_cache(maxsize=1_000)(self._deliveries_refused.labels)
        self._confirmed = Batches(
            "tillstream_received_to_confirmed_seconds",
            "Messages to the broker: from the oldest receipt in it to the confirm",
            registry,
        )

    def watch(self, data_dir: Path, receipts: Callable[[], int], events: Callable[[], int]) -> None:
        """What is asked for at each scrape: what waits for a confirm, and the disk."""
        disk_figures(self._registry, data_dir)
        measured(
            self._registry,
            Measured(
                "tillstream_receipts_in_flight",
                "Receipts that wait for the broker's confirm",
                receipts,
            ),
            Measured(
                "tillstream_events_in_flight", "Events that wait for the broker's confirm", events
            ),
        )

    def watch_receivers(self, not_set_up: Callable[[], Mapping[str, float]]) -> None:
        """What is asked for at each scrape: 1 for each receiver that is sent to and not set up."""
        measured(
            self._registry,
            Measured(
                "tillstream_receiver_not_set_up",
                "Receivers that vendors send to, whose secret or address is missing",
                not_set_up,
                "receiver",
            ),
        )

    def accepted(self, count: int) -> None:
        """So many receipts are durable."""
        self._accepted.inc(count)

    def confirmed(self, seconds: float) -> None:
        """The broker has confirmed a message whose oldest receipt waited so long."""
        self._confirmed.add_ordered((seconds,), seconds)

    def refused(self, status: int) -> None:
        """A request was answered with an error."""
        self._refused_with(status).inc()

    def marked(self, rule: str) -> None:
        """A receipt broke a rule and is accepted with a mark."""
        self._marked_by(rule).inc()

    def events_accepted(self, stream: str, count: int) -> None:
        """So many events are durable."""
        self._events_accepted.labels(stream).inc(count)

    def events_refused(self, stream: str, count: int) -> None:
        """So many events of a body were refused."""
        self._events_refused.labels(stream).inc(count)

    def delivery_accepted(self, receiver: str) -> None:
        """A delivery is durable."""
        self._deliveries_accepted.labels(receiver).inc()

    def delivery_refused(self, receiver: str, reason: str) -> None:
        """A delivery to a receiver that is declared was not taken."""
        self._delivery_refused_for(receiver, reason).inc()

    def deliveries_refused(self) -> dict[str, dict[str, int]]:
        """How many were not taken since the start, by receiver and why."""
        found: dict[str, dict[str, int]] = {}
        for metric in self._deliveries_refused.collect():
            for name, labels, value, *_ in metric.samples:
                if name.endswith("_total"):
                    found.setdefault(labels["receiver"], {})[labels["reason"]] = int(value)
        return found
