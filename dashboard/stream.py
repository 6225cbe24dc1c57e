"""Server-sent events: two frames are encoded once a second, and their bytes shared by all viewers.

One has the chain's figures, the other none of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog

from dashboard.state import frames
from dashboard.state.model import Model
from tillstream.clock import Clock

log = structlog.get_logger()

#: Seconds from one frame to the next.
FRAME_SECONDS = 1.0
#: What a browser's own reconnection waits, ms; `live.js` normally acts before it.
RETRY = b"retry: 1000\n\n"


class Broadcaster:
    """The frame loop, and a stream of its frames for each viewer.

    No viewer has a queue. One that could not take the last frame in time gets a whole frame
    next, so that a slow or sleeping browser costs no memory and misses no point.
    """

    def __init__(self, model: Model, clock: Clock, max_viewers: int) -> None:
        self._model = model
        self._clock = clock
        self._max_viewers = max_viewers
        self._sequence = 0
        self._newest = b""
        self._newest_bare = b""
        #: By whether it has the chain's figures: its number, and a whole frame.
        self._whole: dict[bool, tuple[int, bytes]] = {}
        self._next = asyncio.Event()
        self._closed = False
        self.viewers = 0
        #: When the last frame was made, Unix seconds.
        self.framed_at = 0.0

    @property
    def full(self) -> bool:
        return self.viewers >= self._max_viewers

    async def run(self) -> None:
        """Make a frame each second until it is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.make_frame()
            due += FRAME_SECONDS
            # After a pause of the machine: go on from now, do not catch up in a burst.
            due = max(due, loop.time())
            await asyncio.sleep(due - loop.time())

    def make_frame(self) -> None:
        """Roll the model up and wake every viewer."""
        now = self._clock()
        self._sequence += 1
        self._model.tick(now)
        newest = self._model.frame(self._sequence, now, whole=False)
        self._newest = frames.event(newest)
        self._newest_bare = frames.event(frames.bare(newest))
        self.framed_at = now
        self._wake()

    async def frames(
        self, gone: Callable[[], bool] = lambda: False, figures: bool = True
    ) -> AsyncIterator[bytes]:
        """A whole frame at once, then each second's; ends when the server closes.

        Without `figures`: states and times of the feeds alone, for who may not see the chain's.
        """
        self.viewers += 1
        try:
            seen = self._sequence
            yield RETRY + self._whole_frame(figures)
            while not (self._closed or gone()):
                if seen == self._sequence:
                    await self._next.wait()
                    continue
                missed = self._sequence - seen > 1
                seen = self._sequence
                newest = self._newest if figures else self._newest_bare
                yield self._whole_frame(figures) if missed else newest
        finally:
            self.viewers -= 1

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # A fresh event each time: whoever waits for the old one goes on, nobody spins.
        self._next.set()
        self._next = asyncio.Event()

    def _whole_frame(self, figures: bool) -> bytes:
        # Once for all who come within the same second: a crowd after a restart is cheap.
        number, made = self._whole.get(figures, (-1, b""))
        if number != self._sequence:
            frame = self._model.frame(self._sequence, self._clock(), whole=True)
            made = frames.event(frame if figures else frames.bare(frame))
            self._whole[figures] = (self._sequence, made)
        return made
