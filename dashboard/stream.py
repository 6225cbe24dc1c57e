"""Server-sent events: frames are encoded once a second, and their bytes shared by all viewers.

Of each currency that somebody looks at, one has the chain's figures, the other none of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog
from msgspec.structs import replace

from dashboard.state import frames
from dashboard.state.frames import Frame
from dashboard.state.model import Model
from tillstream.clock import Clock

log = structlog.get_logger()

#: Seconds from one frame to the next.
FRAME_SECONDS = 1.0
#: What a browser's own reconnection waits, ms; `live.js` normally acts before it.
RETRY = b"retry: 1000\n\n"


class _Channel:
    """The frames of one currency."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.viewers = 0
        #: The newest frame by whether it has the chain's figures.
        self.newest: dict[bool, bytes] = {}
        #: By the same: its number, and a whole frame.
        self.whole: dict[bool, tuple[int, bytes]] = {}


class Broadcaster:
    """The frame loop, and a stream of its frames for each viewer.

    No viewer has a queue. One that could not take the last frame in time gets a whole frame
    next, so that a slow or sleeping browser costs no memory and misses no point.
    """

    def __init__(self, model: Model, clock: Clock, max_viewers: int) -> None:
        self._main = model.currency
        #: By currency, the chain's main one first.
        self._channels = {model.currency: _Channel(model)}
        self._clock = clock
        self._max_viewers = max_viewers
        self._sequence = 0
        self._next = asyncio.Event()
        self._closed = False
        self.viewers = 0
        #: When the last frame was made, Unix seconds.
        self.framed_at = 0.0

    def add(self, currency: str, model: Model) -> None:
        """Frames of one more currency. Safe to call from several threads."""
        others = {name: each for name, each in self._channels.items() if name != self._main}
        ordered = sorted([*others.items(), (currency, _Channel(model))])
        self._channels = {self._main: self._channels[self._main], **dict(ordered)}

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
        channels = self._channels
        for channel in channels.values():
            channel.model.tick(now)
            if channel.viewers or channel.model.currency == self._main:
                newest = self._frame(channel, now, whole=False)
                channel.newest = {
                    True: frames.event(newest),
                    False: frames.event(frames.bare(newest)),
                }
        self.framed_at = now
        self._wake()

    async def frames(
        self,
        gone: Callable[[], bool] = lambda: False,
        figures: bool = True,
        currency: str = "",
    ) -> AsyncIterator[bytes]:
        """A whole frame at once, then each second's; ends when the server closes.

        Without `figures`: states and times of the feeds alone, for who may not see the chain's.
        `currency`: one that was added; empty for the main one.
        """
        channel = self._channels[currency or self._main]
        self.viewers += 1
        channel.viewers += 1
        try:
            seen = self._sequence
            yield RETRY + self._whole_frame(channel, figures)
            while not (self._closed or gone()):
                if seen == self._sequence:
                    await self._next.wait()
                    continue
                missed = self._sequence - seen > 1
                seen = self._sequence
                yield self._whole_frame(channel, figures) if missed else channel.newest[figures]
        finally:
            self.viewers -= 1
            channel.viewers -= 1

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # A fresh event each time: whoever waits for the old one goes on, nobody spins.
        self._next.set()
        self._next = asyncio.Event()

    def _frame(self, channel: _Channel, now: float, whole: bool) -> Frame:
        frame = channel.model.frame(self._sequence, now, whole)
        every = self._channels
        sold = (each.model.sold(frame.day) for each in every.values() if each is not channel)
        others = [each for each in sold if each is not None]
        return replace(frame, currencies=list(every), others=others)

    def _whole_frame(self, channel: _Channel, figures: bool) -> bytes:
        # Once for all who come within the same second: a crowd after a restart is cheap.
        number, made = channel.whole.get(figures, (-1, b""))
        if number != self._sequence:
            frame = self._frame(channel, self._clock(), whole=True)
            made = frames.event(frame if figures else frames.bare(frame))
            channel.whole[figures] = (self._sequence, made)
        return made
