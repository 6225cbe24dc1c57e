"""What the door counts, for `GET /metrics` in the text format of Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """Counters of this process; they begin at zero with it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._accepted = Counter(
            "tillstream_receipts_accepted",
            "Receipts that the broker confirmed",
            registry=self._registry,
        )
        self._refused = Counter(
            "tillstream_requests_refused",
            "Requests answered with an error, by status",
            ["status"],
            registry=self._registry,
        )
        self._marked = Counter(
            "tillstream_receipts_marked",
            "Receipts accepted and marked, by rule",
            ["rule"],
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "tillstream_receipts_in_flight",
            "Receipts that wait for the broker's confirm",
            registry=self._registry,
        )
        self._events_accepted = Counter(
            "tillstream_events_accepted",
            "Events that the broker confirmed, by stream",
            ["stream"],
            registry=self._registry,
        )
        self._events_refused = Counter(
            "tillstream_events_refused",
            "Events that broke a rule of their stream",
            ["stream"],
            registry=self._registry,
        )
        self._events_in_flight = Gauge(
            "tillstream_events_in_flight",
            "Events that wait for the broker's confirm",
            registry=self._registry,
        )

    def accepted(self, count: int) -> None:
        """So many receipts are durable."""
        self._accepted.inc(count)

    def refused(self, status: int) -> None:
        """A request was answered with an error."""
        self._refused.labels(status).inc()

    def marked(self, rule: str) -> None:
        """A receipt broke a rule and is accepted with a mark."""
        self._marked.labels(rule).inc()

    def events_accepted(self, stream: str, count: int) -> None:
        """So many events are durable."""
        self._events_accepted.labels(stream).inc(count)

    def events_refused(self, stream: str, count: int) -> None:
        """So many events of a body were refused."""
        self._events_refused.labels(stream).inc(count)

    def text(self, receipts_in_flight: int, events_in_flight: int) -> bytes:
        """Every figure, as Prometheus reads it."""
        self._in_flight.set(receipts_in_flight)
        self._events_in_flight.set(events_in_flight)
        return generate_latest(self._registry)
