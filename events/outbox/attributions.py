"""Every attribution of the worker: it gets the events of its streams within the transaction that
counts them, and its rows go to the outbox with that.

What an attribution holds is in memory alone. After a start it is read again from the log, from the
oldest position that the state's last commit names (`read_from`); until all of that was read nothing
is made, and nothing becomes final.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from functools import partial

import structlog

from events.attribution.attributor import Attributor
from events.attribution.figures import AttributionFigures
from events.attribution.stamping import MadeRows
from events.attribution.tables import Tables
from events.outbox.messages import messages, name_of
from events.outbox.newest_rows import NewestRows
from events.outbox.progress import AttributionProgress, KeptAttributions
from events.outbox.running import RunningAttribution
from events.outbox.table import Outbox
from events.windows.decoding import Decoded
from events.windows.deduplication import NewEvents
from events.windows.figures import Progress
from events.windows.heard_streams import HeardStreams
from events.windows.state_file import State
from tillstream.clock import Clock
from tillstream.streams import version
from tillstream.streams.definition import MICROSECONDS, Attribution, Definitions

log = structlog.get_logger()


class Attributions:
    """One writer of a state; see Attributing."""

    def __init__(
        self, state: State, definitions: Definitions, clock: Clock, *, has_sink: bool
    ) -> None:
        """`has_sink`: MongoDB gets the rows of conversions."""
        self._definitions = definitions
        self._streams = definitions.events
        self._clock = clock
        self._has_sink = has_sink
        self._kept = KeptAttributions(state.database)
        self._tables = Tables(state.database)
        self.outbox = Outbox(state.database)
        #: Numbers of messages whose rows are in MongoDB, told by the sink's thread.
        self.stored: deque[int] = deque()
        self._taken_stored: list[int] = []
        self._came_back: list[bytes] = []
        self._made: list[MadeRows] = []
        begin = state.progress().next_offset or 0
        known = self._kept.progress()
        self.running = {
            name: RunningAttribution(
                attribution,
                definitions.streams[name].lateness_us,
                known.get(name) or self._new(name, begin),
                partial(self._make, attribution),
            )
            for name, attribution in definitions.attributions.items()
        }
        state.begin()
        for one in self.running.values():
            self._require_definition(one)
        self._write()
        state.commit()
        #: What readers were not told yet.
        self.newest = {
            name: NewestRows(one.attribution, definitions.streams[name])
            for name, one in self.running.items()
        }

    @property
    def wanted(self) -> Mapping[str, Collection[str]]:
        """The columns that are read, by stream."""
        found: dict[str, set[str]] = {}
        for one in self.running.values():
            for stream, columns in one.attributor.wanted.items():
                found.setdefault(stream, set()).update(columns)
        return found

    def read_from(self) -> int | None:
        """From where the log is read for what is not held; None where everything is."""
        wanted = []
        for one in self.running.values():
            if not one.is_whole:
                # A part of it may have been read.
                one.begin(one.progress)
                wanted.append(one.progress.attribution_from)
            wanted.append(one.progress.next_offset)
        return min((each for each in wanted if each is not None), default=None)

    def follow(self, progress: Progress) -> None:
        """The log is another one: what open conversions needed of the old one is gone."""
        for one in self.running.values():
            if not one.is_whole:
                log.error(
                    "the log was replaced: conversions that were open stay as they are told until"
                    " `python -m events recount-attribution`",
                    attribution=one.attribution.stream,
                )
            one.follow(progress.next_offset or progress.base)

    def came_back(self, decoded: Decoded) -> None:
        """A message was read from the log; it may be one that was made here."""
        if self._streams[decoded.stream].source == "attribution":
            name = name_of(decoded.events)
            if name is not None:
                self._came_back.append(name)

    def hear(self, events: Sequence[NewEvents]) -> None:
        """Events that did not come before; they are looked at by `take`."""
        for one in self.running.values():
            one.hear(events)

    def is_due(self, heard: HeardStreams, clock_us: int) -> bool:
        """Whether something is to be done without an event."""
        return bool(self.stored) or any(
            one.is_due(heard, clock_us) for one in self.running.values()
        )

    def take(
        self,
        heard: HeardStreams,
        clock_us: int,
        change: int,
        read_to: int | None = None,
        *,
        caught_up: bool = True,
    ) -> None:
        """Make rows of what was heard, and write them and all figures to the state."""
        self.outbox.published(self._came_back)
        while self.stored:
            self._taken_stored.append(self.stored.popleft())
        self.outbox.stored(self._taken_stored)
        for one in self.running.values():
            # Credits first: whoever finds a conversion in MongoDB finds its credits.
            for made in reversed(one.take(heard, clock_us, change, read_to, caught_up=caught_up)):
                self._keep(one.attribution, made)
        self._write()

    def committed(self) -> None:
        """The transaction is durable."""
        for one in self.running.values():
            one.committed()
        for made in self._made:
            if made.stream in self.newest:
                self.newest[made.stream].add(made.events)
        self._clear()

    def undone(self) -> None:
        """The transaction was rolled back."""
        self.stored.extendleft(reversed(self._taken_stored))
        self._tables.forget()
        known = self._kept.progress()
        for name, one in self.running.items():
            one.undone(known[name])
        self._clear()

    def _keep(self, attribution: Attribution, made: MadeRows) -> None:
        self.outbox.put(
            messages(
                made,
                self._streams[made.stream],
                int(self._clock() * MICROSECONDS),
                conversion_id=attribution.conversion_id,
                to_store=self._has_sink,
            )
        )
        self._made.append(made)

    def _write(self) -> None:
        self._kept.write(
            [one.progress for one in self.running.values()],
            [one.attributor.figures for one in self.running.values()],
        )

    def _clear(self) -> None:
        self._taken_stored, self._came_back, self._made = [], [], []

    def _require_definition(self, one: RunningAttribution) -> None:
        """Rows that another definition made cannot be taken back by this one: a part of a
        transaction.
        """
        name = one.attribution.stream
        signature = self._signature(name)
        if one.progress.signature != signature:
            log.error(
                "the definition of an attribution has changed: conversions that were open, or wait"
                " for a table, stay as they are told until `python -m events recount-attribution`",
                attribution=name,
            )
            self._tables.forget_waiting(name)
            one.follow(one.progress.next_offset)
            one.progress.signature = signature

    def _new(self, name: str, begin: int) -> AttributionProgress:
        if begin:
            log.warning(
                "an attribution begins: what came before gets its rows by"
                " `python -m events recount-attribution`",
                attribution=name,
                position=begin,
            )
        return AttributionProgress(name, begin, signature=self._signature(name))

    def _signature(self, name: str) -> str:
        definitions = self._definitions
        return version.made_digest(definitions.attributions[name], definitions.streams[name])

    def _make(self, attribution: Attribution) -> Attributor:
        figures = self._kept.figures().get(attribution.stream)
        return Attributor(
            attribution,
            self._definitions,
            self._tables,
            figures or AttributionFigures(attribution.stream),
        )
