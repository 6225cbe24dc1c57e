"""Counts every window again and compares it with the state and with MongoDB.

The sequence:

1. the state, in one transaction that reads: all that follows is compared at its position;
2. the manifests, read after it: they have all that the state says is archived, or more;
3. from the log what is in no file, each event once by the state's identities;
4. every window by one query over both, compared with the state row by row;
5. MongoDB, where it is: its documents are those that the state's rows make;
6. every attribution, with all touches whenever they came, compared with its newest rows;
7. MongoDB's documents of conversions and of credits: those rows, whole.
"""

import threading

import duckdb
from msgspec.structs import replace
from pymongo.database import Database

from events.outbox.progress import KeptAttributions
from events.receipts.receipts_state import ReceiptsProgress, ReceiptsState
from events.settings import EventsSettings
from events.verify.attribution_proof import prove
from events.verify.attribution_recount import AttributionRecount
from events.verify.comparison import compare
from events.verify.counted_streams import CountedStreams
from events.verify.mongo import MongoProof
from events.verify.mongo_conversions import ConversionsInMongo
from events.verify.receipts_recount import add_receipts, why_not_provable
from events.verify.recount import StreamRecount
from events.verify.repetitions import repetitions
from events.verify.report import (
    MAX_NAMED,
    Difference,
    ReceiptsProof,
    Report,
    SetAside,
    StreamProof,
    WindowProof,
)
from events.verify.stored_rows import stored_rows
from events.windows.figures import Progress, WindowFigures
from events.windows.state_file import State
from tillstream import stores
from tillstream.archive import Document
from tillstream.file_store import FileStore
from tillstream.log.positions import position_sum
from tillstream.log.reader import LogTruncatedError
from tillstream.query_engine import engine
from tillstream.streams import definitions_file
from tillstream.streams.definition import Attribution, Definitions, Stream, Window
from tillstream.streams.receipt_streams import RECEIPTS
from tillstream.streams.window_rows import instant


def verify(
    settings: EventsSettings, stop: threading.Event, database: Database[Document] | None = None
) -> Report:
    """The report; raises what neither archive nor log is to blame for."""
    definitions = definitions_file.load_settings(settings)
    with (
        State(settings.state_path(), create=False) as state,
        engine(FileStore(settings.archive_url())) as connection,
    ):
        # 1. The state.
        state.execute("BEGIN")
        progress = state.progress()
        proving = _Proving(settings, definitions, state, connection, progress)
        proving.count_streams(stop)
        if definitions.receipts:
            proving.count_receipts(stop)
        mongo = MongoProof(state, database, stop)
        for name, window in definitions.windows.items():
            known = state.windows().get(name)
            if known is not None:
                proving.compare_window(window, known, mongo)
        begun = KeptAttributions(state.database).figures()
        for name, attribution in definitions.attributions.items():
            if name in begun:
                proving.compare_attribution(attribution, stop, database)
        return proving.report


class _Proving:
    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        state: State,
        connection: duckdb.DuckDBPyConnection,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._definitions = definitions
        self._state = state
        self._database = connection
        self._progress = progress
        self._position = progress.next_offset or 0
        #: Why windows of receipts cannot be proved.
        self._unproved = ""
        aside = state.aside()
        self.report = Report(
            position=self._position,
            aside=[SetAside(one.offset, one.row, one.stream, one.reason) for one in aside][
                :MAX_NAMED
            ],
        )
        # 2. The manifests.
        self.counted = CountedStreams(
            settings, definitions, state, connection, progress, list(definitions.events)
        )
        self._recounts = {
            **self.counted.recounts,
            **{
                name: StreamRecount(connection, stream)
                for name, stream in definitions.receipts.items()
            },
        }

    def count_streams(self, stop: threading.Event) -> None:
        """Step 3, and where the events are."""
        try:
            self.counted.read_log(stop)
        except LogTruncatedError as error:
            self.report.name(Difference("log", "", "all that is in no file", str(error)))
        for found in self.counted.open():
            stream = self._definitions.streams[found.name]
            self.report.streams.append(replace(found, repeated=self._count_repetitions(stream)))
            if found.expected() != found.counted:
                what = f"stream {found.name}: events"
                self.report.name(Difference(what, "", str(found.expected()), str(found.counted)))

    def count_receipts(self, stop: threading.Event) -> None:
        """The receipts, from their log; where that is not whole nothing is said of them."""
        kept = ReceiptsState(self._state.database)
        # A worker that has not opened their log yet has counted none.
        progress = kept.progress() if kept.exists() else ReceiptsProgress()
        url = self._settings.amqp_url
        self._unproved = why_not_provable(url, progress) if progress.next_offsets() else ""
        aside = kept.aside() if kept.exists() else ()
        self.report.aside += [
            SetAside(one.offset, one.row, one.stream, one.reason) for one in aside
        ][: MAX_NAMED - len(self.report.aside)]
        streams = self._state.streams()
        heard = streams.get(RECEIPTS)
        self.report.receipts = ReceiptsProof(
            offset=position_sum(progress.next_offsets()) or 0,
            duplicates=heard.duplicates if heard else 0,
            conflicts=progress.conflicts,
            not_compared=self._unproved,
        )
        if self._unproved:
            return
        recounts = {name: self._recounts[name] for name in self._definitions.receipts}
        table = stores.load(self._settings)
        add_receipts(url, progress, aside, table, recounts, stop)
        for name, recount in recounts.items():
            _, in_log, left_out = recount.open(None, (), 0, aside)
            counted = streams[name].events if name in streams else 0
            self.report.streams.append(
                StreamProof(
                    name=name,
                    archived=0,
                    in_log=in_log,
                    removed=0,
                    set_aside=left_out,
                    counted=counted,
                )
            )
            if in_log - left_out != counted:
                expected = str(in_log - left_out)
                self.report.name(Difference(f"stream {name}: events", "", expected, str(counted)))

    def compare_window(self, window: Window, known: WindowFigures, mongo: MongoProof) -> None:
        """Steps 4 and 5 for a window."""
        of_receipts = window.stream in self._definitions.receipts
        not_compared = known.stale or (self._unproved if of_receipts else "")
        if not_compared:
            self.report.windows.append(
                WindowProof(name=window.name, rows=0, differing=0, not_compared=not_compared)
            )
            return
        unproved = None if of_receipts else self.counted.manifests[window.stream].removed_latest
        least = max(known.pruned_before_us or 0, 0 if unproved is None else unproved + 1)
        recount = self._recounts[window.stream]
        compared = compare(
            self._database,
            (row for row in recount.rows(window) if row[0] >= least),
            stored_rows(self._state, window, least),
            MAX_NAMED,
        )
        for each in compared.some:
            self.report.name(
                Difference(
                    f"window {window.name}",
                    f"{instant(each.start).isoformat()} {each.keys}",
                    each.expected or "",
                    each.found or "",
                )
            )
        found = mongo.compare(window, known)
        for difference in found.named:
            self.report.name(difference)
        self.report.windows.append(
            WindowProof(
                name=window.name,
                rows=compared.rows,
                differing=compared.differing,
                unproved_to="" if unproved is None else instant(unproved).isoformat(),
                in_mongo=found.rows,
                mongo_differing=found.differing,
                mongo_behind=found.behind,
            )
        )

    def compare_attribution(
        self,
        attribution: Attribution,
        stop: threading.Event,
        database: Database[Document] | None,
    ) -> None:
        """Step 6 for an attribution, and MongoDB's documents of its newest rows."""
        recount = AttributionRecount(
            self._database,
            attribution,
            self._definitions,
            self._state,
            self.counted,
            {one.name: one for one in self.report.streams},
        )
        in_mongo = (
            None
            if database is None
            else ConversionsInMongo(self._state, database, attribution, self._definitions)
        )
        self.report.attributions.append(prove(recount, in_mongo, self.report.name, stop))

    def _count_repetitions(self, stream: Stream) -> int:
        repeated = 0
        everything = self._recounts[stream.name].everything
        for one in repetitions(self._database, stream, everything, self._settings.identity_days):
            repeated += one.events
            self.report.name(one.difference(stream.name))
        return repeated
