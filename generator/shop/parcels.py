"""Cuts a CSV of events, of any size, at its lines into parcels that are sent as one body."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from generator.shop.files import Readable
from tillstream.errors import TillstreamError

#: What is read at once.
_BLOCK_BYTES = 1 << 20
#: A line that is longer is none of a file of events.
_MAX_LINE_BYTES = 1 << 22
#: `2019-10-01 00:00:00`, at the start of a time.
_TIME_CHARACTERS = 19
EVENT_TIME = "event_time"


class EventFileError(TillstreamError):
    """A file that is not one of events; says why."""


class Parcel(NamedTuple):
    """Lines that are sent together."""

    #: From 0.
    number: int
    #: Whole lines, each with its line break; without the header.
    lines: bytes
    rows: int
    #: Event time of the first line and the last, Unix seconds; None where it cannot be read.
    begins: float | None
    ends: float | None
    #: Where a run sends several streams: which one they are of.
    stream: str = ""


class EventFile:
    """A CSV with a header that names `event_time`, read once from its beginning."""

    def __init__(self, file: Readable) -> None:
        """Reads the header; raises EventFileError and OSError."""
        self._file = file
        self._rest = b""
        block = file.read(_BLOCK_BYTES)
        head, end, self._rest = block.partition(b"\n")
        self.names = head.decode("utf-8-sig", "replace").strip().split(",")
        if not end or EVENT_TIME not in self.names:
            raise EventFileError(f"its first line does not name {EVENT_TIME}")
        self._place = self.names.index(EVENT_TIME)

    @property
    def header(self) -> bytes:
        """The first line, with its line break."""
        return ",".join(self.names).encode() + b"\n"

    def parcels(self, most_bytes: int, span: float | None) -> Iterator[Parcel]:
        """Every line once, in order, at most `most_bytes` (or one line) in a parcel.

        `span` are the data seconds of a parcel, for files that are ordered by time; in others
        parcels may span more or less. Raises EventFileError and OSError.
        """
        number = 0
        for block in self._blocks():
            start = 0
            while start < len(block):
                end = _line_end(block, start, start + most_bytes)
                if span is not None:
                    end = self._within(block, start, end, span)
                lines = block[start:end]
                last = self._time_at(block, block.rfind(b"\n", start, end - 1) + 1 or start)
                begins = self._time_at(block, start)
                yield Parcel(number, lines, lines.count(b"\n"), begins, last)
                number, start = number + 1, end

    def _blocks(self) -> Iterator[bytes]:
        """What the file has, in blocks of whole lines."""
        while True:
            more = self._file.read(_BLOCK_BYTES)
            block = self._rest + more
            if not more:
                if block:
                    yield block if block.endswith(b"\n") else block + b"\n"
                return
            end = block.rfind(b"\n") + 1
            if end == 0 and len(block) > _MAX_LINE_BYTES:
                raise EventFileError(f"it has a line of more than {_MAX_LINE_BYTES:,} bytes")
            self._rest = block[end:]
            if end:
                yield block[:end]

    def _within(self, block: bytes, start: int, end: int, span: float) -> int:
        """The greatest end of a line up to `end` whose lines are within `span` of the first."""
        first = self._time_at(block, start)
        if first is None:
            return end
        low, high = _line_end(block, start, start), end
        # By halves, at the lines around the middle: a look at every line would cost more.
        while low < high:
            middle = block.rfind(b"\n", low, (low + high) // 2) + 1 or low
            time = self._time_at(block, middle)
            after = _line_end(block, middle, middle)
            if time is not None and time >= first + span:
                high = middle
            elif after >= high:
                low = high
            else:
                low = after
        return low

    def _time_at(self, block: bytes, line: int) -> float | None:
        """The event time of the line that begins there, Unix seconds."""
        for _ in range(self._place):
            line = block.find(b",", line) + 1
        text = block[line : line + _TIME_CHARACTERS].decode("ascii", "replace")
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return None


def _line_end(block: bytes, start: int, most: int) -> int:
    """The last end of a line up to `most`, or that of the first line from `start` on."""
    if most >= len(block):
        return len(block)
    return block.rfind(b"\n", start, most) + 1 or block.find(b"\n", start) + 1
