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
    """How many receipts (or `items`) have had their last answer, of `total` or without an end."""

    def __init__(self, total: int | None, clock: Clock, items: str = "receipts") -> None:
        """`clock` gives seconds that only grow."""
        self._total = total
        self._clock = clock
        self._items = items
        self._ended = 0
        self._said_at = clock()
        # A bar would fill a log with itself.
        self._bar = tqdm(total=total, unit=f" {items}", smoothing=0.05, disable=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def ended(self, number: int) -> None:
        """Note that so many more have had it."""
        self._ended += number
        self._bar.update(number)
        now = self._clock()
        if self._bar.disable and now - self._said_at >= LINE_SECONDS:
            self._said_at = now
            # A chain that goes on live has no end that is known.
            of = {} if self._total is None else {"of": self._total}
            log.info("progress", **of, **{self._items: self._ended})
