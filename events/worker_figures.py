"""What the events worker tells Prometheus: events and watermarks by stream, how soon it commits."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from events.windows.event_counter import EventCounter
from events.windows.figures import StreamFigures
from tillstream.clock import Clock
from tillstream.runtime.watching.figures import Batches, Measured, file_bytes, measured
from tillstream.runtime.watching.watched import Watched
from tillstream.streams.definition import MICROSECONDS


class WorkerFigures:
    """Of each batch two lists of a message's length; all else is asked for at a scrape.

    One for a process and all states that it opens.
    """

    def __init__(self, watched: Watched, clock: Clock) -> None:
        self.vitals = watched.vitals
        self._clock = clock
        self._counter: EventCounter | None = None
        self._committed = Batches(
            "tillstream_events_received_to_committed_seconds",
            "Messages of events: from the door to the windows' commit",
            watched.registry,
        )

        def by_stream(field: str) -> Callable[[], dict[str, float | None]]:
            read = attrgetter(field)
            return lambda: {name: read(each) for name, each in list(self._streams().items())}

        def seconds(found: StreamFigures) -> float | None:
            return None if found.watermark_us is None else found.watermark_us / MICROSECONDS

        measured(
            watched.registry,
            Measured(
                "tillstream_counted_events_total",
                "Events that were counted, by stream, since the state began",
                by_stream("events"),
                "stream",
            ),
            Measured(
                "tillstream_duplicate_events_total",
                "Events that came again, by stream",
                by_stream("duplicates"),
                "stream",
            ),
            Measured(
                "tillstream_set_aside_events",
                "Events that could not be counted, by stream",
                by_stream("set_aside"),
                "stream",
            ),
            Measured(
                "tillstream_watermark_timestamp_seconds",
                "Up to which event time a stream is complete",
                lambda: {name: seconds(each) for name, each in list(self._streams().items())},
                "stream",
            ),
            Measured(
                "tillstream_windows_bytes",
                "Size of the windows' state",
                self._state_bytes,
            ),
        )

    def follow(self, counter: EventCounter) -> None:
        """From now on they are of this state."""
        self._counter = counter

    def _streams(self) -> Mapping[str, StreamFigures]:
        return {} if self._counter is None else self._counter.streams

    def _state_bytes(self) -> float | None:
        return None if self._counter is None else file_bytes(self._counter.state.path)

    def committed(
        self, received_us: Iterable[int], next_offset: int | None, log_offset: int | None
    ) -> None:
        """Messages that the door received then are durable in the windows' state."""
        now = self._clock()
        delays = [now - each / MICROSECONDS for each in received_us]
        self._committed.add(delays)
        behind = 0 if log_offset is None else max(0, log_offset + 1 - (next_offset or 0))
        self.vitals.behind(behind, max(0.0, min(delays, default=0.0)))

    def idle(self) -> None:
        """Nothing more has come."""
        self.vitals.behind(self.vitals.behind_messages, 0.0)
