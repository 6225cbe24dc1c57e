"""One attribution: conversions, each with the touches of its key in the window before it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from events.attribution.figures import AttributionFigures
from events.attribution.tables import Tables
from events.windows.deduplication import NewEvents
from tillstream.streams.definition import Attribution, Definitions


class MadeRows(NamedTuple):
    """Rows that were made for one of the two streams of an attribution."""

    stream: str
    #: By columns.schema of the stream, of any number of rows.
    events: pa.RecordBatch


class Attributor:
    """Holds touches and open conversions in memory. One thread."""

    def __init__(
        self,
        attribution: Attribution,
        definitions: Definitions,
        tables: Tables,
        figures: AttributionFigures,
    ) -> None:
        """`figures` are those of the state's last commit.

        What is held has to be read again from the log, from the offset that `oldest_needed` gave at
        that commit, and given to `refill` before the first `take`.
        """
        #: As `take` has left them, to be written with its transaction.
        self.figures = figures
        self._attribution, self._definitions, self._tables = attribution, definitions, tables

    @property
    def wanted(self) -> Mapping[str, frozenset[str]]:
        """The columns that it reads of each stream: only these streams' events matter to it."""
        raise NotImplementedError

    def refill(self, events: Sequence[NewEvents]) -> None:
        """Hold events that were counted before, in the order of the log; nothing is made.

        Tables are not read from them: the state has those.
        """
        raise NotImplementedError

    def take(
        self, events: Sequence[NewEvents], watermark_us: int | None, position: int
    ) -> list[MadeRows]:
        """Add new events in the order of the log, and make the rows that change by it.

        To be called once in a transaction, also with no events where the watermark went on.
        `watermark_us` is the smaller of the inputs' watermarks after these events. `position` is
        the log's position after them; where it did not grow since the last rows, their
        `row_version` is one more than that of those.

        Returns at most one entry a stream. All of it is tentative until `committed` or `undone`.
        """
        raise NotImplementedError

    def committed(self) -> None:
        """The transaction is durable."""
        raise NotImplementedError

    def undone(self) -> None:
        """The transaction was rolled back: as before `take`, `figures` too."""
        raise NotImplementedError

    def oldest_needed(self) -> int | None:
        """The smallest log offset whose events are held, as `take` left them; None of none."""
        raise NotImplementedError
