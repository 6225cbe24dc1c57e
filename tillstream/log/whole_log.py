"""Reads the whole receipts log, in bounded batches, and knows when that cannot be done.

RabbitMQ reads a stream chunk by chunk, and waits for the disk's thread for each; a chunk of single
receipts holds one or two of them. So several slices of the log are read ahead at once, each by a
consumer of its own, and handed on in their order (docs/decisions/0010-columns.md).
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack

from pika.exceptions import StreamLostError

from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.log.looking_up import first_offset
from tillstream.log.reader import LogMessage, LogTruncatedError, StoppedError, reading

#: Offsets of a slice, and slices that are read at once.
SLICE_OFFSETS = 1_500
READERS = 24
#: Bytes that all slices may have together, if each is as large as the one before. What is not read
#: yet waits in the sockets' buffers and in the broker.
AHEAD_BYTES = 128 * 1024 * 1024
#: Silence amid the log, before an offset that it holds, that is taken for a failure, seconds.
SILENT_SECONDS = 30.0
#: Silence after which a slice asks for more messages than it has offsets, seconds. A moment of it
#: is no reason: the broker would send what belongs to the next slices.
MORE_SECONDS = 1.0
#: Between two looks at whether to stop, seconds.
PATIENCE_SECONDS = 0.1


class LogSilentError(TillstreamError):
    """The log does not deliver what it holds."""


def read_log(
    url: str,
    stop: threading.Event,
    last: int | None,
    start: int = 0,
    log: str = topology.RECEIPTS_LOG,
    beside: int = 1,
) -> Iterator[list[LogMessage]]:
    """The log from an offset to `last`, which must be the offset of a message, or None.

    So many logs are read `beside` each other, this one included: each has its share of what may be
    read ahead.

    Raises LogTruncatedError when the log does not hold all of them any more, LogSilentError when
    `last` does not come, StoppedError when `stop` is set, and pika's AMQPError.
    """
    if last is None:
        return
    begins = deque(range(start, last + 1, SLICE_OFFSETS))
    ahead: deque[_Slice] = deque()
    # Of the slice before: while that is not known, one is enough.
    size = AHEAD_BYTES
    try:
        while begins or ahead:
            allowed = max(1, min(READERS, AHEAD_BYTES // max(1, size)) // beside)
            while begins and len(ahead) < allowed:
                ahead.append(_Slice(url, begins.popleft(), last, log))
            yield from ahead[0].messages(stop)
            size = ahead[0].size
            ahead.popleft().close()
    finally:
        for one in ahead:
            one.close()


class _Slice:
    """The messages with an offset in [begin, end), and at most `last`, on their own connection."""

    def __init__(self, url: str, begin: int, last: int, log: str) -> None:
        self._url, self._log = url, log
        #: Bytes of its messages, so far.
        self.size = 0
        #: The offset to go on from, and the one that it ends before.
        self._next, self._end = begin, min(begin + SLICE_OFFSETS, last + 1)
        self._open()

    def _open(self) -> None:
        self._stack = ExitStack()
        # Offsets only grow: with so many messages the slice is at its end, or past it. No
        # heartbeats: whoever reads ahead may be busy for a while.
        self._reader = self._stack.enter_context(
            reading(
                self._url,
                self._next,
                prefetch=SLICE_OFFSETS,
                heartbeat_seconds=0,
                log=self._log,
            )
        )

    def close(self) -> None:
        """End its connection."""
        self._stack.close()

    def messages(self, stop: threading.Event) -> Iterator[list[LogMessage]]:
        """Raises pika's errors, once a connection anew has ended like the one before."""
        lost_at = None
        while True:
            try:
                yield from self._messages(stop)
            except StreamLostError:
                # The broker resets a connection that takes nothing for 15 s, which happens to those
                # that read ahead where counting is slow.
                if lost_at == self._next:
                    raise
                lost_at = self._next
                self.close()
                self._open()
            else:
                return

    def _messages(self, stop: threading.Event) -> Iterator[list[LogMessage]]:
        heard = time.monotonic()
        first = True
        while True:
            if stop.is_set():
                raise StoppedError("stopped before the end of the log")
            messages = self._reader.read(PATIENCE_SECONDS)
            if not messages:
                silent = time.monotonic() - heard
                if silent > SILENT_SECONDS:
                    raise LogSilentError(f"the log fell silent before its offset {self._end}")
                if silent > MORE_SECONDS:
                    # A broker may count messages from before the slice: there are some to come.
                    self._reader.done()
                continue
            heard = time.monotonic()
            if first and messages[0].offset > self._next:
                self._require_whole()
            first = False
            newest = messages[-1].offset
            if messages[0].offset < self._next or newest >= self._end:
                messages = [one for one in messages if self._next <= one.offset < self._end]
            self._next = max(self._next, newest + 1)
            if messages:
                self.size += sum(len(one.body) for one in messages)
                yield messages
            if newest >= self._end - 1:
                return

    def _require_whole(self) -> None:
        # The broker does not tell: asked for an offset that is gone, it starts at a later one.
        # But there are offsets that never were, too.
        oldest = first_offset(self._url, self._log)
        if oldest is None or oldest > self._next:
            raise LogTruncatedError(
                f"the log begins at offset {oldest}: what was before is gone; the archive has it"
            )
