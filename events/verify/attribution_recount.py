"""Computes the conversions of an attribution again that are final, slice by slice, and compares.

Everything is as of one transaction of the state: what was counted by then, what was final, and what
the outbox had. What archive and log together do not have is not guessed: then nothing is compared.
"""

import threading
from collections.abc import Iterator, Mapping

import duckdb

from events.attribution.tables import Tables
from events.attribution.waiting_rows import WaitingRows
from events.outbox.progress import KeptAttributions
from events.outbox.table import Outbox
from events.verify.attribution_truth import Truth
from events.verify.conversion_comparison import Compared, compare
from events.verify.counted_streams import CountedStreams
from events.verify.published_rows import Published
from events.verify.report import StreamProof
from events.verify.time_slices import slices
from events.windows.state_file import State
from tillstream.log.reader import StoppedError
from tillstream.streams.definition import Attribution, Definitions


def streams_of(attribution: Attribution) -> tuple[str, ...]:
    """The streams whose events have to be whole."""
    one = attribution
    return one.conversions, one.touches, one.stream, one.credits


class AttributionRecount:
    """One attribution; `streams` are open and stay so."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        attribution: Attribution,
        definitions: Definitions,
        state: State,
        streams: CountedStreams,
        found: Mapping[str, StreamProof],
    ) -> None:
        """`found` tells by stream where its events are."""
        self.attribution = attribution
        self._database = connection
        self._stream = definitions.streams[attribution.stream]
        self._streams = streams
        kept = KeptAttributions(state.database)
        self._figures = kept.figures().get(attribution.stream)
        progress = kept.progress().get(attribution.stream)
        #: Why it is not compared; "" if it is.
        self.not_compared = ""
        for name in streams_of(attribution):
            if found[name].expected() != found[name].counted:
                self.not_compared = f"archive and log do not have all that was counted of {name}"
        if self._figures is None or progress is None:
            self.not_compared = "no worker has begun it"
        self._truth = Truth(
            connection,
            attribution,
            definitions,
            Tables(state.database),
            {name: streams.recounts[name].everything for name in streams_of(attribution)[:2]},
            min(progress.next_offset if progress else 0, state.progress().next_offset or 0),
        )
        self.inputs, self.maker = self._truth.inputs, self._truth.maker
        self.waiting = WaitingRows(self.inputs, Tables(state.database), self.maker)
        outbox = Outbox(state.database)
        self._rows, self._credits = (
            Published(
                connection,
                definitions.streams[name],
                attribution.conversion_id,
                streams.recounts[name].everything,
                outbox,
            )
            for name in streams_of(attribution)[2:]
        )

    def unproved_to_us(self) -> int | None:
        """The time up to which nothing is compared: events of it are beyond their retention."""
        one, least = self.attribution, None
        for name in streams_of(one):
            removed = self._streams.manifests[name].removed_latest
            if removed is not None:
                more = one.window_us if name == one.touches else 0
                least = max(removed + more, removed if least is None else least)
        return least

    def compared(self, stop: threading.Event) -> Iterator[tuple[Compared, int, int]]:
        """Every conversion that is final, some at a time: from when and before when, microseconds.

        Raises StoppedError.
        """
        if self.not_compared or self._figures is None or self._figures.final_before_us is None:
            return
        unproved = self.unproved_to_us()
        first = self._database.execute(
            f"SELECT min(time) FROM ({self._truth.times(0 if unproved is None else unproved + 1)})"  # noqa: S608 - declared
        ).fetchone()
        if first is None or first[0] is None:
            return
        for begin, end in slices(
            self._database,
            self._truth.times(first[0]),
            first[0],
            self._figures.final_before_us,
            self.attribution.window_us,
        ):
            if stop.is_set():
                raise StoppedError("stopped before all conversions were compared")
            found = compare(
                self._database,
                self.inputs,
                self._stream,
                self._truth.between(begin, end),
                self._rows.newest(begin, end),
                self._credits.newest(begin, end),
            )
            yield found, begin, end
