"""A past day as the archive has it: its minutes, and its categories by quarter of an hour."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive.kept import keep
from dashboard.archive.receipts import ArchiveAwayError, Document
from dashboard.state.frames import MAX_BARS, OTHER
from tillstream.clock import BusinessDay, Clock

#: Seconds of a slot of the categories.
SLOT_SECONDS = 900
#: A day that is over hardly changes; of today the newest is wanted. Seconds.
KEPT_SECONDS = 600.0
KEPT_TODAY_SECONDS = 10.0
#: Days that are kept, of some 50 KB each.
MAX_KEPT = 16
QUERY_TIMEOUT_MS = 20_000
#: Minutes of a day on which clocks are set back, and a till's clock that is ahead.
MAX_MINUTES = 26 * 60
MAX_SLOT_ROWS = 20_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Receipts are of these years, the last left out (docs/receipt-contract.md).
FIRST_YEAR, LAST_YEAR = 1900, 3000


class Day(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A business day; times are Unix seconds, amounts cents."""

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
        self, client: MongoClient[Document], database: str, calendar: BusinessDay, clock: Clock
    ) -> None:
        self._receipts = client[database].receipts
        self._calendar = calendar
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[date, Day] = {}

    def day(self, text: str) -> Day:
        """The business day of a text such as 2026-11-21; raises ValueError and ArchiveAwayError."""
        if not _DAY.fullmatch(text):
            raise ValueError("a day is like 2026-11-21")
        wanted = date.fromisoformat(text)
        if not FIRST_YEAR <= wanted.year < LAST_YEAR:
            raise ValueError(f"no receipt is of {wanted.year}")
        with self._lock:
            now = self._clock()
            known = self._kept.get(wanted)
            over = wanted < self._calendar.on(now)
            if known and now - known.read_at < (KEPT_SECONDS if over else KEPT_TODAY_SECONDS):
                return known
            found = self._read(wanted, now)
            keep(self._kept, wanted, found, MAX_KEPT)
            return found

    def _read(self, wanted: date, now: float) -> Day:
        try:
            rows = list(self._ask(_BY_MINUTE, wanted))
            slots = list(self._ask(_BY_SLOT, wanted))
        except PyMongoError as error:
            raise ArchiveAwayError(str(error)[:200]) from error
        names, sold = ranked(slots)
        return Day(
            day=wanted.isoformat(),
            zone=self._calendar.zone.key,
            starts=self._calendar.starts(wanted).timestamp(),
            ends=self._calendar.starts(wanted + timedelta(days=1)).timestamp(),
            read_at=now,
            minutes=[(_unix(row["_id"]), int(row["gross"]), int(row["count"])) for row in rows],
            categories=names,
            slots=sold,
        )

    def _ask(self, stages: list[Document], day: date) -> Any:
        pipeline = [{"$match": {"businessDay": day.isoformat()}}, *stages]
        return self._receipts.aggregate(pipeline, maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True)


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
        key = (_unix(row["_id"]["slot"]), place[str(row["_id"]["category"])])
        sold[key] = sold.get(key, 0) + int(row["gross"])
    kept = names[:MAX_BARS] + ([OTHER] if len(names) > MAX_BARS else [])
    return kept, [(slot, name, gross) for (slot, name), gross in sorted(sold.items())]


_GROSS: Document = {"$sum": "$grossMinor"}
#: From the index of business day, date and gross alone.
_BY_MINUTE: list[Document] = [
    {
        "$group": {
            "_id": {"$dateTrunc": {"date": "$date", "unit": "minute"}},
            "gross": _GROSS,
            "count": {"$sum": 1},
        }
    },
    {"$sort": {"_id": 1}},
    {"$limit": MAX_MINUTES},
]
_BY_SLOT: list[Document] = [
    {"$unwind": "$lines"},
    {
        "$group": {
            "_id": {
                "slot": {
                    "$dateTrunc": {
                        "date": "$date",
                        "unit": "minute",
                        "binSize": SLOT_SECONDS // 60,
                    }
                },
                "category": "$lines.category",
            },
            "gross": {"$sum": "$lines.grossMinor"},
        }
    },
    {"$sort": {"_id.slot": 1}},
    {"$limit": MAX_SLOT_ROWS},
]


def _unix(stored: datetime) -> int:
    aware = stored if stored.tzinfo else stored.replace(tzinfo=UTC)
    return int(aware.timestamp())
