"""Has the ledger counted what the log holds? By offsets, of which two workers tell. Pure."""

from collections import deque

#: So long after the log was seen to hold a receipt it may be uncounted, seconds: what the ledger
#: last said may be half a second old, and late. With a frame a second a page tells within 3 s.
BEHIND_SECONDS = 1.3
#: So long the log may be told to be shorter than it was: a rate worker that starts reads the
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
        self._lower_since: float | None = None
        #: All before it is counted; None until the ledger is heard of.
        self._next: int | None = None
        #: When the ledger last said that it had read all that it knew of, Unix seconds.
        self._whole_at: float | None = None
        self._says_behind_since: float | None = None

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

    def ledger_is_at(self, next_offset: int | None, log_offset: int | None, as_of: float) -> None:
        """All before `next_offset` was counted at `as_of`; None before the first.

        `log_offset`: the newest that the ledger's worker knows of, looked up when it connected.
        """
        self._next = next_offset or 0
        while self._unread and self._unread[0][1] < self._next:
            self._unread.popleft()
        if log_offset is None or log_offset < self._next:
            self._whole_at = as_of
            self._says_behind_since = None
        elif self._says_behind_since is None:
            self._says_behind_since = as_of if self._whole_at is None else self._whole_at

    def behind_since(self, now: float) -> float | None:
        """Since when the figures lack receipts, Unix seconds; None while they are of now."""
        if self._next is None:
            return None
        since = [] if self._says_behind_since is None else [self._says_behind_since]
        if self._unread and now - self._unread[0][0] > BEHIND_SECONDS:
            since.append(self._unread[0][0])
        return min(since, default=None)
