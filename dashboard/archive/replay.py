"""A past day as the archive has it: its minutes, and its categories by quarter of an hour."""

import threading
from datetime import date, timedelta

import msgspec
from cachetools import TLRUCache
from pymongo import MongoClient

from dashboard.archive import pipelines
from dashboard.archive.connection import answering
from dashboard.archive.of_currency import day_rows
from dashboard.archive.pipelines import unix
from dashboard.state.frames import MAX_BARS, OTHER
from tillstream.archive import Document
from tillstream.clock import BusinessDay, Clock, day_of_text
from tillstream.currencies import CURRENCY

#: Seconds of a slot of the categories.
SLOT_SECONDS = 900
#: A day that is over hardly changes; of today the newest is wanted. Seconds.
SHARED_SECONDS = 600.0
SHARED_TODAY_SECONDS = 10.0
#: Days that are shared, of some 50 KB each.
MAX_DAYS = 16
QUERY_TIMEOUT_MS = 20_000
#: Minutes of a day on which clocks are set back, and a till's clock that is ahead.
MAX_MINUTES = 26 * 60
MAX_SLOT_ROWS = 20_000
#: Receipts are of these years, the last left out (docs/receipt-contract.md).
FIRST_YEAR, LAST_YEAR = 1900, 3000


#: A business day, and the only stores that are looked at; None is all.
Asked = tuple[date, tuple[str, ...] | None]


class ReplayDay(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A business day; times are Unix seconds, amounts minor units of its currency."""

    day: str
    zone: str
    starts: float
    ends: float
    read_at: float
    #: Start of a minute, then gross and receipts sold in it; those without any are left out.
    minutes: list[tuple[int, int, int]]
    #: Categories, the largest of the day first; the small ones are summed in the last.
    categories: list[str]
    #: Start of a slot, index of a category, gross.
    slots: list[tuple[int, int, int]]
    slot_seconds: int = SLOT_SECONDS


class Replays:
    """Asks the archive once for a day, however many watch it; safe to call from several threads."""

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        calendar: BusinessDay,
        clock: Clock,
        currency: str = CURRENCY,
    ) -> None:
        self._currency = currency
        self._receipts = client[database].receipts
        self._calendar = calendar
        self._clock = clock
        self._lock = threading.Lock()
        self._days: TLRUCache[Asked, ReplayDay] = TLRUCache(
            MAX_DAYS, ttu=self._good_until, timer=clock
        )

    def day(self, text: str, stores: tuple[str, ...] | None = None) -> ReplayDay:
        """The business day of a text such as 2026-11-21, of some stores; None is all.

        Raises ValueError and ArchiveAwayError.
        """
        wanted = day_of_text(text)
        if not FIRST_YEAR <= wanted.year < LAST_YEAR:
            raise ValueError(f"no receipt is of {wanted.year}")
        with self._lock:
            asked = (wanted, stores)
            found = self._days.get(asked)
            if found is None:
                found = self._read(asked, self._clock())
                self._days[asked] = found
            return found

    def _good_until(self, asked: Asked, found: ReplayDay, _: float) -> float:
        over = asked[0] < self._calendar.on(found.read_at)
        return found.read_at + (SHARED_SECONDS if over else SHARED_TODAY_SECONDS)

    def _read(self, asked: Asked, now: float) -> ReplayDay:
        wanted = asked[0]
        # Of all stores from the index of business day, date and gross alone.
        minutes = [*pipelines.by_minute(), {"$limit": MAX_MINUTES}]
        slot = {"date": "$date", "unit": "minute", "binSize": SLOT_SECONDS // 60}
        by_slot = pipelines.by_line({"slot": {"$dateTrunc": slot}, "category": "$lines.category"})
        with answering():
            rows = self._ask(minutes, asked)
            slots = self._ask(
                [*by_slot, {"$sort": {"_id.slot": 1}}, {"$limit": MAX_SLOT_ROWS}], asked
            )
        names, sold = ranked(slots)
        return ReplayDay(
            day=wanted.isoformat(),
            zone=self._calendar.zone.key,
            starts=self._calendar.starts(wanted).timestamp(),
            ends=self._calendar.starts(wanted + timedelta(days=1)).timestamp(),
            read_at=now,
            minutes=[(unix(row["_id"]), int(row["gross"]), int(row["count"])) for row in rows],
            categories=names,
            slots=sold,
        )

    def _ask(self, stages: list[Document], asked: Asked) -> list[Document]:
        wanted, stores = asked
        day = wanted.isoformat()
        match: Document = {"businessDay": day}
        if stores is not None:
            match = pipelines.within_day(day, "") | {"store": {"$in": [*stores]}}
        return day_rows(self._receipts, day, match, stages, self._currency, QUERY_TIMEOUT_MS)


def ranked(rows: list[Document]) -> tuple[list[str], list[tuple[int, int, int]]]:
    """Categories by their gross of the day, and rows of slot, category and gross, in time."""
    totals: dict[str, int] = {}
    for row in rows:
        name = str(row["_id"]["category"])
        totals[name] = totals.get(name, 0) + int(row["gross"])
    names = sorted(totals, key=lambda name: (-totals[name], name))
    place = {name: min(at, MAX_BARS) for at, name in enumerate(names)}
    sold: dict[tuple[int, int], int] = {}
    for row in rows:
        key = (unix(row["_id"]["slot"]), place[str(row["_id"]["category"])])
        sold[key] = sold.get(key, 0) + int(row["gross"])
    shown = names[:MAX_BARS] + ([OTHER] if len(names) > MAX_BARS else [])
    return shown, [(slot, name, gross) for (slot, name), gross in sorted(sold.items())]
