"""Has the ledger counted what the log holds? By offsets, of which two workers tell. Pure."""

from collections import deque

#: So long after the log was seen to hold a receipt it may be uncounted, seconds. What the ledger
#: last said may be as old as its details are: two seconds, and what they may be late.
BEHIND_SECONDS = 4.5
#: So long two readers of one log may differ in the other direction: one that starts reads the
#: last minute again.
OTHER_LOG_SECONDS = 10.0
#: Offsets that are remembered, of a few a second.
MAX_SEEN = 2_000


class Progress:
    """What was said of the log's newest offset, and of the offset that the ledger goes on from."""

    def __init__(self) -> None:
        #: Offsets that are not counted yet, and when the log was first seen to hold them.
        self._unread: deque[tuple[float, int]] = deque()
        self._newest: int | None = None
        self._next: int | None = None
        self._lower_since: float | None = None
        self._ahead_since: float | None = None

    def log_is_at(self, offset: int | None, now: float) -> None:
        """The newest message of the log is at `offset`; None when none was seen."""
        if offset is None:
            return
        if self._newest is not None and offset < self._newest:
            if self._lower_since is None:
                self._lower_since = now
            if now - self._lower_since <= OTHER_LOG_SECONDS:
                return
            # It is another log: what was seen of the one before says nothing of it.
            self._unread.clear()
        elif offset == self._newest:
            self._lower_since = None
            return
        self._lower_since = None
        self._newest = offset
        if self._next is None or offset >= self._next:
            # Of one that is so far behind it is enough to know the oldest.
            if len(self._unread) == MAX_SEEN:
                now, _ = self._unread.pop()
            self._unread.append((now, offset))

    def ledger_is_at(self, next_offset: int | None, now: float) -> None:
        """All before `next_offset` is counted; None before the first."""
        if next_offset is None:
            return
        self._next = next_offset
        while self._unread and self._unread[0][1] < next_offset:
            self._unread.popleft()
        # A log that is shorter than what was counted of it is not the one that was counted.
        if self._newest is None or self._newest + 1 >= next_offset:
            self._ahead_since = None
        elif self._ahead_since is None:
            self._ahead_since = now

    def behind_since(self, now: float) -> float | None:
        """Since when the figures lack receipts, Unix seconds; None while they are of now."""
        if self._next is None:
            return None
        if self._unread and now - self._unread[0][0] > BEHIND_SECONDS:
            return self._unread[0][0]
        if self._ahead_since is not None and now - self._ahead_since > OTHER_LOG_SECONDS:
            return self._ahead_since
        return None
