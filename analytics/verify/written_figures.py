"""Compares the kept figures in MongoDB (`day_figures`) with the bodies of the ledger.

The worker may count and write meanwhile. A document is compared when its row of the ledger was the
same before and after it was read, and the writer had come as far as that before: then it can have
nothing else. What never is so within the wait is behind, which is no difference.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pymongo.database import Database

from analytics.ledger import day_documents
from analytics.ledger.figures_journal import FiguresJournal
from analytics.ledger.store_days import StoreDays
from analytics.verify.kept_comparison import told
from tillstream.archive import Document
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import (
    DAY_FIGURES,
    DayTotals,
    Figures,
    StoreFigures,
    decode_store,
    decode_totals,
)
from tillstream.ledger import read_only
from tillstream.verify_report import Disagreement

#: Longest wait for the writer, seconds: it writes once a second.
WAIT_SECONDS = 10.0

#: Waits for a condition, so many seconds at most.
Waits = Callable[[Callable[[], bool], float], bool]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class WrittenFigures(NamedTuple):
    """What was found in MongoDB."""

    differences: list[Disagreement]
    #: Days of stores, of the chain and of totals that it does not have as the ledger has them yet.
    behind: int


def compare_written(
    ledger: Path,
    database: Database[Document],
    days: Iterable[CurrencyDay],
    waits: Waits,
    wait_seconds: float,
) -> WrittenFigures:
    """Compare business days. Raises PyMongoError, sqlite3.Error, and what `waits` raises."""
    comparisons = [_OfDay(ledger, database, day) for day in days]

    def all_compared() -> bool:
        again = [each.compare() for each in comparisons if each.is_open]
        return not any(again)

    waits(all_compared, min(wait_seconds, WAIT_SECONDS))
    return WrittenFigures(
        [found for each in comparisons for found in each.differences],
        sum(len(each.behind) for each in comparisons),
    )


class _OfDay:
    """One day; what was compared is not compared again."""

    def __init__(self, ledger: Path, database: Database[Document], day: CurrencyDay) -> None:
        self._ledger = ledger
        self._documents = database[DAY_FIGURES]
        self._day = day
        self._compared: set[str] = set()
        #: The `_id`s that could not be compared the last time.
        self.behind: set[str] = set()
        #: Whether some are behind a writer that is there: who is not is not waited for.
        self.is_open = True
        self.differences: list[Disagreement] = []

    def compare(self) -> bool:
        """Compare what can be; whether to try the rest again (`is_open`)."""
        position = self._documents.find_one({"_id": day_documents.POSITION}) or {}
        with self._reading() as (rows, _, opened):
            before = rows.changes(self._day)
            places = [(self._day, store) for store in before]
            (ledger,) = opened.execute("SELECT value FROM facts WHERE name = 'id'").fetchone()
            expected = self._by_name(day_documents.documents(opened, places, _NEVER, ledger))
        found = self._by_name(self._documents.find(_of_day(self._day)))
        with self._reading() as (rows, journal, _):
            after = rows.changes(self._day)
            waits = self._day.day in journal.days()
        is_ours = position.get("ledger") == ledger
        self.behind = set()
        for name in sorted(expected.keys() | found.keys()):
            wanted, document = expected.get(name), found.get(name)
            store = (wanted or document or {})["store"]
            change = after.get(store or "", 0)
            if (
                is_ours
                and change == before.get(store or "", 0)
                # Also when nothing is left of other ledgers, which may have had more stores.
                and (change <= position["change"] if wanted else position["alone"])
                and not (store is None and waits)
            ):
                self._compared.add(name)
                self.differences += self._difference(store, wanted, document)
            else:
                self.behind.add(name)
        self.is_open = is_ours and bool(self.behind)
        return self.is_open

    def _by_name(self, documents: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        return {each["_id"]: each for each in documents if each["_id"] not in self._compared}

    @contextmanager
    def _reading(self) -> Iterator[tuple[StoreDays, FiguresJournal, sqlite3.Connection]]:
        with closing(read_only(self._ledger)) as opened:
            # One state of the file, whatever is counted meanwhile.
            opened.execute("BEGIN")
            yield StoreDays(opened), FiguresJournal(opened), opened

    def _difference(
        self,
        store: str | None,
        wanted: Mapping[str, Any] | None,
        document: Mapping[str, Any] | None,
    ) -> list[Disagreement]:
        of = (
            "totals"
            if store is None
            else "figures of the store"
            if store
            else "figures of the chain"
        )
        ours, theirs = (_decoded(each, is_totals=store is None) for each in (wanted, document))
        if ours == theirs and wanted and document:
            return []
        day = str(self._day)
        return [Disagreement(f"MongoDB: kept {of}", day, store or "", _told(ours), _told(theirs))]


def _of_day(day: CurrencyDay) -> Document:
    # What was written before there were other currencies names none.
    currencies = [day.currency, None] if day.currency == CURRENCY else [day.currency]
    return {"day": day.day.isoformat(), "currency": {"$in": currencies}}


def _decoded(
    document: Mapping[str, Any] | None, *, is_totals: bool
) -> StoreFigures | DayTotals | None:
    """What a document says; nothing where somebody altered it beyond reading."""
    if document is None:
        return None
    try:
        return (decode_totals if is_totals else decode_store)(document["body"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return None


def _told(figures: StoreFigures | DayTotals | None) -> str:
    if not isinstance(figures, DayTotals):
        return told(figures)
    whole = figures.breakdowns.get("day", {}).get("", Figures())
    return f"{whole.receipts} receipts, {whole.gross_minor} cents"
