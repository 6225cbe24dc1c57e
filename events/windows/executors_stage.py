"""Messages that other processes read, and make the partial figures of: the driver's part.

What has a state stays here: which events came before, and all that is merged. Rows come here only
where an archive or an attribution needs them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from events.windows.arrivals import Arrivals
from events.windows.counting_stage import Mark
from events.windows.decoding import Decoded, MessageDecoder
from events.windows.deduplication import NewEvents, of_first
from events.windows.figures import WHOLE_MESSAGE, Aside
from events.windows.message_heads import MessageHead
from events.windows.partials import Partials
from events.windows.row_identities import DAY_US, Flags, first_rows
from tillstream.errors import TillstreamError
from tillstream.log.reader import LogMessage
from tillstream.streams.definition import Stream, Window

#: By the position of a message which of its events count; None is all of them.
Counted = Mapping[int, Flags | None]

_NO_COLUMNS = pa.RecordBatch.from_arrays([], names=[])


class MessagesElsewhere(Protocol):
    """Some messages of the log, in its order; their offsets are positions."""

    @property
    def heads(self) -> Sequence[tuple[int, MessageHead]]:
        """Of each message its position and what is known of it."""

    def partials(
        self, stream: Stream, windows: Sequence[Window], counted: Counted
    ) -> list[Partials]:
        """The partial figures of the stream's messages that `counted` names, a window each.

        Raises what an event is to blame for, too.
        """

    def fetch(self, positions: Collection[int] | None) -> list[LogMessage]:
        """The messages themselves, all of them or these, in their order."""

    def is_counted_here(self, stream: str, position: int) -> bool:
        """Whether the message is counted here: something of it may have been erased since, or a
        window of the stream is not for the other engine.
        """


class RowsMissingError(TillstreamError):
    """A message is another one than that whose head was read."""


class ExecutorsStage:
    """A counting stage (counting_stage.py) that raises where an event cannot be counted."""

    def __init__(
        self,
        arrivals: Arrivals,
        decoder: MessageDecoder,
        messages: MessagesElsewhere,
        is_needed: Callable[[Stream], bool],
    ) -> None:
        """`is_needed`: whether the rows of a stream's messages are needed here."""
        self._arrivals = arrivals
        self._decoder = decoder
        self._messages = messages
        self._is_needed = is_needed
        #: By position what was decided of its events, and their greatest time.
        self._first: dict[int, tuple[Flags | None, int]] = {}

    def ends(self) -> tuple[Mark | None, Mark | None]:
        """As CountingStage."""
        heads = self._messages.heads
        if not heads:
            return None, None
        first, last = (Mark(offset, head.digest) for offset, head in (heads[0], heads[-1]))
        return first, last

    def read(self) -> Iterator[list[NewEvents]]:
        """As CountingStage; one list, since the batch is bounded."""
        self._arrivals.step(2)
        rows = self._rows()
        found = []
        for offset, head in self._messages.heads:
            if head.identities is None:
                self._arrivals.put_aside(Aside(offset, WHOLE_MESSAGE, head.stream, head.reason, ""))
            elif self._messages.is_counted_here(head.stream, offset):
                found.append(self._arrivals.new(rows[offset]))
            else:
                found.append(self._new(offset, head, rows.get(offset)))
        yield found

    def count(self, new: Sequence[NewEvents]) -> None:
        """As CountingStage."""
        self._arrivals.count([one for one in new if one.offset not in self._first])
        by_stream: dict[str, list[NewEvents]] = {}
        for one in new:
            if one.offset in self._first:
                by_stream.setdefault(one.stream, []).append(one)
        for name, some in by_stream.items():
            self._count(name, some)

    def _count(self, name: str, some: Sequence[NewEvents]) -> None:
        counting = self._arrivals.counting
        events = sum(len(one.rows) for one in some)
        counting.heard.note(
            name,
            max(one.received_us for one in some),
            events,
            max(self._first[one.offset][1] for one in some),
        )
        windows = counting.live_windows(name)
        if events and windows:
            counted = {one.offset: self._first[one.offset][0] for one in some if len(one.rows)}
            stream = self._arrivals.streams[name]
            counting.merge(name, self._messages.partials(stream, windows, counted))

    def _new(self, offset: int, head: MessageHead, rows: Decoded | None) -> NewEvents:
        self._arrivals.step(3)
        identities = head.identities
        if identities is None:
            raise RowsMissingError(f"the message at {offset} was not decoded")
        numbers = np.arange(identities.rows, dtype=np.int64)
        first = np.ones(identities.rows, np.bool_)
        if not identities.is_empty:
            seen_day = head.received_us // DAY_US
            known = self._arrivals.state.identities
            first = first_rows(identities, numbers, offset, seen_day, known)
        is_whole = bool(first.all())
        self._first[offset] = (None if is_whole else first, head.greatest_time_us(first))
        if rows is not None:
            self._arrivals.came_back(rows)
            return self._arrivals.noted(of_first(rows, numbers, first))
        duplicates = len(first) - int(first.sum())
        return self._arrivals.noted(
            NewEvents(
                offset,
                head.stream,
                head.received_us,
                _NO_COLUMNS,
                numbers if is_whole else numbers[first],
                duplicates,
            )
        )

    def _rows(self) -> dict[int, Decoded]:
        """The messages whose rows are needed, decoded."""
        streams = self._arrivals.streams
        needed = [
            offset
            for offset, head in self._messages.heads
            if head.identities is not None
            and (
                self._is_needed(streams[head.stream])
                or self._messages.is_counted_here(head.stream, offset)
            )
        ]
        if not needed:
            return {}
        found = {}
        for message in self._messages.fetch(needed):
            decoded = self._decoder.decode(message)
            if isinstance(decoded, Aside):
                raise RowsMissingError(f"the message at {message.offset}: {decoded.reason}")
            found[message.offset] = decoded
        return found
