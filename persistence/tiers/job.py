"""One run of the tiers, for cron, a loop or a scheduler to call.

1. export: closed days, and what came late to them, into the Parquet files;
2. seal, where seals are made and a day is to be dropped;
3. drop: days beyond RECEIPTS_RETENTION_DAYS, and what came again of days that were dropped.

The document of `last_run` says how it went. Run again after any fault, it goes on.
"""

import threading
from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import pyarrow as pa
import structlog
from pymongo.database import Database

from persistence.parquet.export import Exporter
from persistence.parquet.export_command import oldest_kept
from persistence.parquet.lease import held
from persistence.parquet.source import Source, connected
from persistence.parquet.storage import Storage
from persistence.parquet.writing import Writing
from persistence.tiers.dropping import Dropper
from persistence.tiers.last_run import Counts, Held, LastRun, Result
from persistence.tiers.seals import sealing
from persistence.tiers.settings import TiersSettings
from tillstream import stores
from tillstream.archive import Document
from tillstream.clock import Clock, utc
from tillstream.errors import TillstreamError
from tillstream.log.reader import StoppedError
from tillstream.parquet_manifest import receipts_in
from tillstream.stores import StoreTable

log = structlog.get_logger()

#: Longest run, seconds; what is left is for the next day.
LIMIT_SECONDS = 4 * 3_600.0
#: Characters of an error that are kept.
ERROR_CHARACTERS = 500


class TiersError(TillstreamError):
    """A run that did not come to its end; it is to be run again."""


class Ended(NamedTuple):
    """How a run ended."""

    result: Result
    counts: Counts
    held: list[Held]


class Limited(threading.Event):
    """Set when another event is, or when the time is over."""

    def __init__(self, stop: threading.Event, clock: Clock, until: float) -> None:
        super().__init__()
        self._stop, self._clock, self._until = stop, clock, until

    def is_set(self) -> bool:
        """Whether to end."""
        return super().is_set() or self._stop.is_set() or self._clock() >= self._until


def run_once(settings: TiersSettings, clock: Clock, stop: threading.Event) -> Ended:
    """Export and drop what is due; raises TiersError, ArchiveBusyError when another one runs."""
    with connected(settings.mongo_url, settings.mongo_database) as database:
        table = stores.load(settings)
        with held(database, clock) as lease:
            writing = Writing(Storage(settings.archive_url()), lease, clock)
            return _Run(settings, database, writing, table, clock, stop).run()


class _Run:
    def __init__(
        self,
        settings: TiersSettings,
        database: Database[Document],
        writing: Writing,
        table: StoreTable,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._database = database
        self._writing = writing
        self._table = table
        self._clock = clock
        self._stop = stop
        self._last = LastRun(database)
        self._started = utc(clock())
        self._until = Limited(stop, clock, clock() + LIMIT_SECONDS)
        self._last_closed = table.open_day(clock()) - timedelta(days=1)
        self._counts = Counts()
        self._held: list[Held] = []

    def run(self) -> Ended:
        self._last.begin(self._started)
        try:
            # 1. export
            self._export()
            # 2. seal 3. drop
            self._drop()
        except StoppedError as error:
            if self._stop.is_set():
                self._end("stopped", str(error))
                raise
            log.warning("the time is over; the next run goes on", seconds=LIMIT_SECONDS)
            return self._end("limit")
        except (TillstreamError, duckdb.Error, pa.ArrowException, OSError) as error:
            reason = f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS]
            self._end("failed", reason)
            raise TiersError(reason) from error
        return self._end("held" if self._held else "done")

    def _export(self) -> None:
        kept_from = oldest_kept(self._last_closed, self._settings.parquet_retention_days)
        if dropped := self._writing.drop_before(kept_from):
            log.info("days dropped from the files", days=dropped, before=str(kept_from))
        exporter = Exporter(Source(self._database), self._writing, self._clock, self._until)
        for each in exporter.run(kept_from, self._last_closed):
            if each.what == "up to date":
                continue
            self._counts = self._counts._replace(
                exported_days=self._counts.exported_days + 1,
                exported_receipts=self._counts.exported_receipts + each.added,
            )
            receipts = receipts_in(each.totals)
            log.info(each.what, day=str(each.day), receipts=receipts, added=each.added)
        for error in (*exporter.failed, *exporter.left_out):
            self._hold("", str(error))

    def _drop(self) -> None:
        days = self._settings.receipts_retention_days
        before = oldest_kept(self._last_closed, days) if days else date.min
        dropper = Dropper(self._database, self._writing, self._until)
        due = dropper.due(before)
        if not due:
            return
        unsealed = sealing(
            self._database, self._table, self._clock, self._settings.seal_key, self._go_on
        )
        for each in dropper.run(due, unsealed):
            self._counts = self._counts._replace(
                dropped_days=self._counts.dropped_days + 1,
                dropped_receipts=self._counts.dropped_receipts + each.receipts,
                duplicates=self._counts.duplicates + each.duplicates,
                conflicts=self._counts.conflicts + each.conflicts,
            )
            log.info(
                "dropped from MongoDB",
                day=str(each.day),
                receipts=each.receipts,
                duplicates=each.duplicates,
                conflicts=each.conflicts,
            )
        for error in dropper.held:
            self._hold(str(error.day), error.reason)

    def _hold(self, day: str, reason: str) -> None:
        self._held.append(Held(day, reason[:ERROR_CHARACTERS]))
        log.error("held back", day=day, reason=reason)

    def _end(self, result: Result, error: str | None = None) -> Ended:
        ended = Ended(result, self._counts, self._held)
        self._last.end(self._started, utc(self._clock()), *ended, error)
        log.info(result, **self._counts._asdict(), held=len(self._held))
        return ended

    def _go_on(self) -> None:
        self._writing.lease.renew()
        if self._until.is_set():
            raise StoppedError("stopped amid the seals; the next run goes on")
