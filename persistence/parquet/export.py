"""Writes closed business days from MongoDB to Parquet, and what came late to them.

A day is only ever added to: what MongoDB drops by its retention stays in the archive. Running it
again does nothing for a day that the archive has as MongoDB has it.
"""

import threading
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import duckdb
import pyarrow as pa
from msgspec.structs import replace

from persistence.parquet import engine, rows
from persistence.parquet.source import DayInMongo, Source
from persistence.parquet.stored import Sums, UnreadableReceiptError
from persistence.parquet.writing import DayDiffersError, Writing
from tillstream import query_engine
from tillstream.clock import Clock, utc
from tillstream.errors import TillstreamError
from tillstream.log.reader import StoppedError
from tillstream.parquet_manifest import (
    ArchivedDay,
    ByCurrency,
    Totals,
    added,
    minor_unit,
    receipts_in,
    told,
)
from tillstream.runtime.progress import Progress


class Exported(NamedTuple):
    """What became of a day."""

    day: date
    what: Literal["written", "rewritten", "up to date"]
    totals: ByCurrency
    #: Receipts that the archive did not have.
    added: int


class NoDayError(TillstreamError):
    """A business day of MongoDB that is none: its receipts are in no file."""

    def __init__(self, text: str) -> None:
        super().__init__(f"receipts of the business day {text!r}: there is no such day")


class Exporter:
    """Brings the archive up to MongoDB, day by day."""

    def __init__(
        self, source: Source, writing: Writing, clock: Clock, stop: threading.Event
    ) -> None:
        self._source = source
        self._writing = writing
        self._clock = clock
        self._stop = stop
        #: Why a day was left as it was.
        self.failed: list[TillstreamError] = []
        #: Receipts that their days are without.
        self.left_out: list[UnreadableReceiptError] = []

    def run(self, first: date, last: date, shown: Progress | None = None) -> Iterator[Exported]:
        """Every day of MongoDB from `first` to `last`, both included, which must be closed; `shown`
        is told of their receipts.

        A day that cannot be brought up stays as it was, in `failed`. Raises StoppedError; the days
        before are done.
        """
        started = utc(self._clock())
        self._source.prepare()
        days = self._source.days(first, last)
        self.failed += [NoDayError(each) for each in self._source.no_days]
        self._note_lacking(days, first, last)
        shown = (shown or Progress()).expect(sum(each.receipts for each in days.values()))
        for day, in_mongo in days.items():
            try:
                yield self._bring(day, in_mongo)
            except DayDiffersError as error:
                self.failed.append(error)
            except duckdb.Error as error:
                # A file that is gone or damaged stops no other day.
                said = " ".join(str(error).split())
                self.failed.append(DayDiffersError(day, f"{type(error).__name__}: {said}"))
            shown.advance(in_mongo.receipts)
        manifest = self._writing.manifest
        if not self.failed and all(first <= day <= last for day in manifest.days):
            self._writing.commit(replace(manifest, checkedAt=started))

    def _note_lacking(self, days: dict[date, DayInMongo], first: date, last: date) -> None:
        """Mark the days that MongoDB lacks receipts of: a retention of before, or an old backup."""
        lacking = [
            day
            for day, archived in self._writing.manifest.days.items()
            if first <= day <= last
            and archived.droppedAt is None
            and (day not in days or days[day].receipts < archived.receipts)
        ]
        if lacking:
            self._writing.note_dropped(lacking)

    def _bring(self, day: date, in_mongo: DayInMongo) -> Exported:
        archived = self._writing.manifest.days.get(day)
        # Of a day that was dropped MongoDB has what came since: its keys are compared.
        whole = archived is not None and archived.droppedAt is None
        if archived and whole and archived.receipts == in_mongo.receipts:
            ours = {
                currency: (of.receipts, int(of.gross / minor_unit(currency)))
                for currency, of in archived.by_currency.items()
            }
            if ours != in_mongo.by_currency:
                raise DayDiffersError(
                    day,
                    f"MongoDB has {in_mongo} and the archive {told(archived.by_currency)}",
                )
            return Exported(day, "up to date", archived.by_currency, 0)
        with query_engine.engine(self._writing.storage) as connection:
            return self._write(connection, day, archived)

    def _write(
        self, connection: duckdb.DuckDBPyConnection, day: date, archived: ArchivedDay | None
    ) -> Exported:
        before = engine.files_sql(self._writing.storage, [archived] if archived else [])
        heard = Heard(rows.carried(self._watched(self._source.day(day)), self.left_out.append))
        with engine.streamed(connection, "heard", heard):
            connection.execute(
                f"CREATE TEMP TABLE added AS FROM heard ANTI JOIN {before} USING (key)"
            )
        manifest = self._writing.manifest
        others = [each for each in manifest.near([day]) if each is not archived]
        elsewhere = engine.matching(
            self._writing.storage, others, engine.key_range(connection, "added")
        )
        # Once in all files, also when its store keeps another calendar since.
        connection.execute(f"DELETE FROM added WHERE key IN (SELECT key FROM {elsewhere})")  # noqa: S608 - ours
        new = engine.total(engine.by_store(connection, "added"))
        known = archived.by_currency if archived else {}
        if not new:
            # MongoDB has dropped some of the day: the archive keeps them. Or no file carries any.
            return Exported(day, "up to date", known, 0)
        # What was known cannot be proved when MongoDB has dropped some of it.
        expected = added(known, new)
        whole = receipts_in(heard.totals) == receipts_in(expected)
        if whole and not (archived and archived.droppedAt) and heard.totals != expected:
            raise DayDiffersError(
                day, f"MongoDB has {told(heard.totals)}, its receipts say {told(expected)}"
            )
        put = self._writing.put(connection, day, f"(FROM {before} UNION ALL FROM added)")
        what: Literal["rewritten", "written"] = "rewritten" if archived else "written"
        return Exported(day, what, put.by_currency, receipts_in(new))

    def _watched(self, batches: Iterable[bytes]) -> Iterator[bytes]:
        for batch in batches:
            self._writing.lease.renew()
            if self._stop.is_set():
                raise StoppedError("stopped; run it again to go on with the day in hand")
            yield batch


class Heard:
    """Batches on their way, and the sums of their documents' own amounts."""

    def __init__(self, carried: Iterable[rows.Carried]) -> None:
        self._carried = carried
        self._sums: dict[str, Sums] = {}

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for each in self._carried:
            for currency, sums in each.sums.items():
                before = self._sums.get(currency, Sums(0, 0, 0, 0))
                self._sums[currency] = Sums(*map(sum, zip(before, sums, strict=True)))
            yield each.batch

    @property
    def totals(self) -> ByCurrency:
        """Of all that went by."""
        return {currency: _totals(of, minor_unit(currency)) for currency, of in self._sums.items()}


def _totals(sums: Sums, unit: Decimal) -> Totals:
    receipts, net, tax, gross = sums
    return Totals(receipts=receipts, net=net * unit, tax=tax * unit, gross=gross * unit)
