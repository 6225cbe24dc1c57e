"""One attribution as it runs: which events are new to it, and up to when it may go."""

from collections.abc import Callable, Sequence

import structlog

from events.attribution.attributor import Attributor
from events.attribution.stamping import MadeRows
from events.outbox.progress import AttributionProgress
from events.windows.deduplication import NewEvents
from events.windows.heard_streams import HeardStreams
from tillstream.streams.definition import MICROSECONDS, Attribution

log = structlog.get_logger()

#: While no event comes its watermark goes on in steps of so long, microseconds; and where no
#: conversion is open, so that touches are forgotten.
STEP_US = MICROSECONDS
IDLE_STEP_US = 60 * MICROSECONDS
#: What goes wrong row by row is told so often at most, microseconds of the log's clock.
TOLD_EACH_US = 60 * MICROSECONDS


class RunningAttribution:
    """An Attributor, and the messages of a transaction that are for it."""

    def __init__(
        self,
        attribution: Attribution,
        lateness_us: int,
        progress: AttributionProgress,
        make: Callable[[], Attributor],
    ) -> None:
        """`make` makes one that holds nothing; `lateness_us` is that of the stream that is made."""
        self.attribution = attribution
        self._lateness_us = lateness_us
        self._make = make
        self._inputs = {
            attribution.conversions,
            attribution.touches,
            *(table.stream for table in attribution.tables),
        }
        self.begin(progress)
        self._told_nulled, self._told_us = self.attributor.figures.nulled, 0

    def begin(self, progress: AttributionProgress) -> None:
        """Hold nothing, as after a start."""
        self.progress = progress
        self.attributor = self._make()
        #: Whether everything is held that was when the state was committed.
        self.is_whole = progress.attribution_from is None
        self._clear()

    def hear(self, events: Sequence[NewEvents]) -> None:
        """Those that are for it are kept until `take`."""
        for one in events:
            if one.stream in self._inputs and len(one.rows):
                if one.offset >= self.progress.next_offset:
                    self._new.append(one)
                elif not self.is_whole:
                    self._again.append(one)

    def watermark(self, heard: HeardStreams, clock_us: int) -> int | None:
        """The smaller one of the inputs' watermarks, which never goes back.

        An input that never had an event holds it for no longer than the lateness, by the log's
        clock since the other one was heard.
        """
        inputs = (self.attribution.conversions, self.attribution.touches)
        known = [mark for name in inputs if (mark := heard.watermark(name, clock_us)) is not None]
        before = self.attributor.figures.final_before_us
        if not known:
            return before
        first = self.progress.heard_first_us
        if len(known) < len(inputs) and (first is None or clock_us < first + self._lateness_us):
            return before
        return min(known) if before is None else max(before, min(known))

    def is_due(self, heard: HeardStreams, clock_us: int) -> bool:
        """Whether its watermark has gone on far enough without an event."""
        return self.is_whole and self._is_worth(self.watermark(heard, clock_us))

    def _is_worth(self, watermark_us: int | None) -> bool:
        before = self.attributor.figures.final_before_us
        if watermark_us is None or watermark_us == before:
            return False
        is_open = self.attributor.figures.open > 0
        if not is_open and self.progress.attribution_from is None:
            return False
        return before is None or watermark_us - before >= (STEP_US if is_open else IDLE_STEP_US)

    def take(
        self,
        heard: HeardStreams,
        clock_us: int,
        change: int,
        read_to: int | None,
        *,
        caught_up: bool,
    ) -> list[MadeRows]:
        """The rows that change; see Attributing."""
        progress = self.progress
        if self._again:
            self.attributor.refill(self._again)
        self._is_filled = self.is_whole or (read_to is not None and read_to >= progress.next_offset)
        if not self._is_filled:
            return []
        if progress.heard_first_us is None and self._hears(heard):
            progress.heard_first_us = clock_us
        watermark = (
            self.watermark(heard, clock_us)
            if caught_up
            else self.attributor.figures.final_before_us
        )
        if read_to is not None:
            progress.next_offset = max(progress.next_offset, read_to)
        if not self._new and not self._is_worth(watermark):
            return []
        self._taken = True
        made = self.attributor.take(self._new, watermark, change)
        self._tell_nulled(clock_us)
        progress.attribution_from = self.attributor.oldest_needed()
        return made

    def committed(self) -> None:
        """The transaction is durable."""
        self.is_whole = self._is_filled
        if self._taken:
            self.attributor.committed()
        self._clear()

    def undone(self, progress: AttributionProgress) -> None:
        """As the state's last commit says: `progress` is of it."""
        if not self.is_whole:
            # What was refilled within the transaction cannot be told apart.
            self.begin(progress)
            return
        self.progress = progress
        if self._taken:
            self.attributor.undone()
        self._clear()

    def follow(self, position: int) -> None:
        """The log is another one, which begins at this position: nothing can be read again."""
        self.progress.next_offset = position
        self.progress.attribution_from = None
        self.is_whole = True

    def _tell_nulled(self, clock_us: int) -> None:
        nulled = self.attributor.figures.nulled
        if nulled > self._told_nulled and clock_us >= self._told_us + TOLD_EACH_US:
            log.warning(
                "fields of rows could not be computed, or exceed their type; they are null",
                attribution=self.attribution.stream,
                values=nulled,
            )
            self._told_nulled, self._told_us = nulled, clock_us

    def _hears(self, heard: HeardStreams) -> bool:
        inputs = (self.attribution.conversions, self.attribution.touches)
        return any(heard.figures[name].greatest_time_us is not None for name in inputs)

    def _clear(self) -> None:
        self._again: list[NewEvents] = []
        self._new: list[NewEvents] = []
        self._taken = False
        #: What `is_whole` is once the transaction is durable.
        self._is_filled = self.is_whole
