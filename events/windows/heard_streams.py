"""What was heard of each stream, and how far it has come."""

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from events.windows.deduplication import NewEvents
from events.windows.figures import StreamFigures
from events.windows.state_file import State
from events.windows.watermark import watermark
from tillstream.streams.definition import Definitions


class HeardStreams:
    """The figures of the streams, as of the state's transaction."""

    def __init__(self, state: State, definitions: Definitions) -> None:
        self._state = state
        self._declared = definitions.streams
        self.figures: dict[str, StreamFigures] = {}
        self.load()

    def load(self) -> None:
        """As of the state's last commit."""
        self.figures = {name: StreamFigures(name) for name in self._declared}
        self.figures |= self._state.streams()

    def write(self) -> None:
        """A part of the state's transaction."""
        self._state.write_streams(self.figures.values())

    def hear(self, name: str, events: Sequence[NewEvents]) -> list[NewEvents]:
        """Events of some messages came; returns those of messages that have any."""
        some = [one for one in events if len(one.rows)]
        time = self._declared[name].time_column
        self.note(
            name,
            max(one.received_us for one in events),
            sum(len(one.rows) for one in some),
            max((_greatest(one.events.column(time)) for one in some), default=0),
        )
        return some

    def note(self, name: str, received_us: int, events: int, greatest_time_us: int) -> None:
        """So many events came, before they are counted."""
        heard = self.figures[name]
        heard.heard_us = max(heard.heard_us or 0, received_us)
        if events:
            heard.events += events
            heard.greatest_time_us = max(greatest_time_us, heard.greatest_time_us or 0)

    def watermark(self, name: str, clock_us: int) -> int | None:
        """The watermark of a stream at a time of the log's clock."""
        heard = self.figures[name]
        return watermark(
            heard.watermark_us,
            heard.greatest_time_us,
            heard.heard_us,
            clock_us,
            self._declared[name].lateness_us,
        )

    def go_on(self, streams: Collection[str], clock_us: int) -> None:
        """The watermarks of the streams of one log."""
        for name in streams:
            self.figures[name].watermark_us = self.watermark(name, clock_us)


def _greatest(times: pa.Array) -> int:
    greatest = pc.max(times).as_py()
    return 0 if greatest is None else int(greatest)
