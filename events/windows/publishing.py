"""Publishes the rows that changed on the exchange `windows`: soon after a change, and as a sign of
life each half second.
"""

from collections.abc import Mapping
from typing import NamedTuple

from events.windows.changes import Changes, Place, newest
from events.windows.event_counter import EventCounter
from events.windows.figures import StreamFigures
from events.windows.merging import WindowRows
from tillstream import topology
from tillstream.clock import Clock
from tillstream.runtime import broker
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.window_rows import WindowsSnapshot, json_value

#: Rows of a message, and messages of a window at a time: what is more waits for the next time, and
#: of a row that changes meanwhile only the newest is told.
MAX_ROWS = 500
MAX_MESSAGES = 10


class LogPosition(NamedTuple):
    """How far a log was counted, and how far it goes."""

    next_offset: int | None = None
    log_offset: int | None = None


class WindowsPublisher:
    """Tells what changed since it was made."""

    def __init__(self, counter: EventCounter, clock: Clock) -> None:
        self._counter = counter
        self._clock = clock
        #: The newest position of the log that is known of.
        self.log_offset: int | None = None
        #: Of the log of the receipts.
        self.receipts = LogPosition()
        begin = newest(counter.state.database)
        self._places: dict[str, Place] = dict.fromkeys(counter.windows, begin)
        self._changes = {
            name: Changes(counter.state.database, rows.table)
            for name, rows in counter.windows.items()
        }

    def publish(self, channel: broker.BlockingChannel, *, all_windows: bool) -> bool:
        """Tell the rows that changed; with `all_windows` a window without any as well.

        Returns whether there are more to tell.
        """
        more = False
        for name, rows in self._counter.windows.items():
            if rows.figures.stale:
                if all_windows:
                    self._send(channel, rows, [])
                continue
            sent = 0
            while sent < MAX_MESSAGES:
                found, place = self._changes[name].after(self._places[name], MAX_ROWS)
                if found or (all_windows and not sent):
                    told = [
                        {field: json_value(value) for field, value in one.row.items()}
                        for one in found
                    ]
                    self._send(channel, rows, told)
                    sent += 1
                self._places[name] = place
                if len(found) < MAX_ROWS:
                    break
            else:
                more = True
        return more

    def _send(
        self,
        channel: broker.BlockingChannel,
        rows: WindowRows,
        told: list[Mapping[str, object]] | list[dict[str, object]],
    ) -> None:
        figures = rows.figures
        heard = self._counter.streams.get(figures.stream, StreamFigures(figures.stream))
        mark = heard.watermark_us
        position = LogPosition(self._counter.progress.next_offset, self.log_offset)
        if figures.stream in self._counter.counting.definitions.receipts:
            position = self.receipts
        snapshot = WindowsSnapshot(
            window=figures.name,
            stream=figures.stream,
            rows=told,
            complete_until=None if mark is None else mark / MICROSECONDS,
            as_of=self._clock(),
            events=figures.events,
            late=figures.late,
            set_aside=heard.set_aside,
            expired=figures.expired,
            stale=figures.stale,
            next_offset=position.next_offset,
            log_offset=position.log_offset,
        )
        broker.publish_snapshot(channel, topology.WINDOWS, snapshot)
