"""Says how far a run is: a bar on a terminal, else a line of the log now and then."""

from contextlib import AbstractContextManager
from typing import Self

import structlog
from tqdm import tqdm

from tillstream.clock import Clock

#: Between two lines of the log.
LINE_SECONDS = 30.0

log = structlog.get_logger()


class Progress(AbstractContextManager["Progress"]):
    """How many receipts have had their last answer, `total` of them or without an end."""

    def __init__(self, total: int | None, clock: Clock) -> None:
        """`clock` gives seconds that only grow."""
        self._total = total
        self._clock = clock
        self._ended = 0
        self._said_at = clock()
        # A bar would fill a log with itself.
        self._bar = tqdm(total=total, unit=" receipts", smoothing=0.05, disable=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def ended(self, receipts: int) -> None:
        """Note that so many more have had it."""
        self._ended += receipts
        self._bar.update(receipts)
        now = self._clock()
        if self._bar.disable and now - self._said_at >= LINE_SECONDS:
            self._said_at = now
            log.info("progress", receipts=self._ended, of=self._total)
