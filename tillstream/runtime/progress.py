"""Says how far a long command is: a bar on the terminal, for whoever has waited for two seconds.

On standard error, and only where that is a terminal: a log or a program gets nothing of it.
"""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

from tillstream.runtime.output import reader_may_leave

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")

#: What takes less is done before somebody wonders.
DELAY_SECONDS = 2.0
#: Between two looks of a bar that nobody advances: it says that the time goes by, seconds.
REDRAW_SECONDS = 0.5


#: Totals that are told in thousands.
SCALED_FROM = 1_000


class Progress:
    """A bar, or nothing where nobody watches."""

    def __init__(self, bar: "tqdm[NoReturn] | None" = None) -> None:
        self._bar = bar
        self._shown_from = time.monotonic() + DELAY_SECONDS

    def advance(self, number: int = 1) -> None:
        """So many more are done."""
        if self._bar is not None:
            self._bar.update(number)

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items; each is done when the next is asked for."""
        for item in items:
            yield item
            self.advance()

    def expect(self, total: int) -> Self:
        """There will be so many, as far as is known now."""
        if self._bar is not None:
            self._bar.total = total
        return self

    def say(self, line: str) -> None:
        """Print a line on standard output, above the bar."""
        # To write above it would show the bar.
        if self._bar is None or time.monotonic() < self._shown_from:
            # What the lines are about goes on.
            with reader_may_leave():
                print(line, flush=True)
        else:
            self._bar.write(line, file=sys.stdout)


@contextmanager
def progress(what: str, unit: str, total: int | None = None) -> Iterator[Progress]:
    """A bar as long as the block lasts, `what` before it; `total` of `unit`, where it is known.

    With a total it has the share and the time that is left; without, the rate.
    """
    if not sys.stderr.isatty():
        yield Progress()
        return
    # Workers import commands' modules, and shall not carry it.
    from tqdm import tqdm

    ended = threading.Event()
    scaled = total is None or total >= SCALED_FROM
    with tqdm(
        desc=what, total=total, unit=f" {unit}", unit_scale=scaled, delay=DELAY_SECONDS
    ) as bar:
        drawing = threading.Thread(target=_redraw, args=(bar, ended), name="progress", daemon=True)
        drawing.start()
        try:
            yield Progress(bar)
        finally:
            ended.set()
            drawing.join()


def _redraw(bar: "tqdm[NoReturn]", ended: threading.Event) -> None:
    wait = DELAY_SECONDS
    while not ended.wait(wait):
        bar.refresh()
        # What was shown once has to end with its line.
        bar.last_print_t = time.time()
        wait = REDRAW_SECONDS
