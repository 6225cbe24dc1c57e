"""The day of one store, one category or both, from the archive: what the filters show."""

import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive.history import running_totals
from dashboard.archive.kept import keep
from dashboard.archive.receipts import ArchiveAwayError, Document, day_of_store
from dashboard.state.frames import Bar, ranked_bars
from dashboard.state.panels import UNNAMED, Row, mean, with_rest
from dashboard.state.series import Point
from dashboard.state.store_days import Today
from tillstream.clock import Clock
from tillstream.money import MILLI, decimal_text, rate_text
from tillstream.snapshots import CategoryTotal

#: A question may take a tenth of the archive's time: it is asked again after ten times as long as
#: it took, within these bounds, seconds.
ASK_AGAIN_SECONDS = (1.5, 120.0)
#: Longest question, ms, and how many answers are kept.
QUERY_TIMEOUT_MS = 10_000
MAX_KEPT = 64
#: Rows of a tender or a rate that are read at most.
MAX_ROWS = 100


class Part(NamedTuple):
    """Of one business day; an empty store or category is all of them."""

    day: str
    store: str
    category: str


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a part, named as in `frames.Frame`; times are Unix seconds."""

    day: str
    store: str
    category: str
    #: Of the hours, and when the business day began.
    zone: str
    starts: float
    #: When the archive was read, and how soon it may be asked again, seconds.
    read_at: float
    ask_again: float
    values: dict[str, str | None]
    minutes: list[Point]
    #: Only of those panels that such a part has.
    panels: dict[str, list[Row]]
    #: None without a store: then the day's categories stand in each frame.
    bars: list[Bar] | None


class Narrower:
    """Asks the archive for parts of the day; answers are shared by all viewers.

    One question at a time for stores and one for categories of all stores, which take longer.
    """

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        clock: Clock,
    ) -> None:
        self._database = client[database]
        self._clock = clock
        self._asking = {True: threading.Lock(), False: threading.Lock()}
        self._lock = threading.Lock()
        self._kept: dict[Part, Narrowed] = {}
        self._week_before: dict[Part, list[Row]] = {}

    def narrowed(self, part: Part, today: Today) -> Narrowed:
        """The part of `today` as it is now, or as it was up to `ask_again` seconds ago.

        Raises ArchiveAwayError.
        """
        with self._asking[bool(part.store)]:
            now = self._clock()
            with self._lock:
                known = self._kept.get(part)
                week_before = self._week_before.get(part)
            if known is not None and now - known.read_at < known.ask_again:
                return known
            try:
                found = self._ask(_facets(part))
                if week_before is None:
                    week_before = self._hours_of_the_week_before(part, today.zone)
            except PyMongoError as error:
                raise ArchiveAwayError(str(error)[:200]) from error
            read = answer(part, found, today, now, self._clock() - now, week_before)
            with self._lock:
                keep(self._kept, part, read, MAX_KEPT)
                keep(self._week_before, part, week_before, MAX_KEPT)
            return read

    def stores(self) -> list[str]:
        """Every store of the archive; raises ArchiveAwayError."""
        try:
            found = self._database.receipts.aggregate(
                [{"$group": {"_id": "$store"}}], maxTimeMS=QUERY_TIMEOUT_MS
            )
            return [str(row["_id"]) for row in found]
        except PyMongoError as error:
            raise ArchiveAwayError(str(error)[:200]) from error

    def _hours_of_the_week_before(self, part: Part, zone: ZoneInfo) -> list[Row]:
        day = date.fromisoformat(part.day) - timedelta(days=7)
        earlier = self._ask(_minutes_only(part._replace(day=day.isoformat())))
        return [(hour, gross) for hour, gross, _ in by_hour(earlier["minutes"], zone)]

    def _ask(self, pipeline: list[Document]) -> dict[str, list[Document]]:
        receipts = self._database.receipts
        return next(receipts.aggregate(pipeline, maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True))


def answer(
    part: Part,
    found: dict[str, list[Document]],
    today: Today,
    read_at: float,
    took: float,
    week_before: list[Row],
) -> Narrowed:
    """The figures of a part from the rows of its facets, read at `read_at` in `took` seconds."""
    minutes = found["minutes"]

    def total(name: str) -> int:
        return sum(int(row[name]) for row in minutes)

    gross, receipts = total("gross"), total("count")
    panels: dict[str, list[Row]] = {
        "hours": by_hour(minutes, today.zone),
        "last-week": week_before,
        "vat": with_rest(
            [
                (_rate(row["_id"]), int(row["gross"]), int(row["net"]), int(row["count"]))
                for row in found["vat"]
            ]
        ),
    }
    if "tenders" in found:
        panels["tenders"] = with_rest(
            [(str(row["_id"]), int(row["gross"]), 0, int(row["count"])) for row in found["tenders"]]
        )
    least, most = ASK_AGAIN_SECONDS
    running = running_totals(minutes, until=read_at)
    return Narrowed(
        day=part.day,
        store=part.store,
        category=part.category,
        zone=today.zone.key,
        starts=today.starts,
        read_at=read_at,
        ask_again=min(most, max(least, 10 * took)),
        values={
            "revenue": decimal_text(gross),
            "receipts": str(receipts),
            "average-basket": mean(gross, receipts),
            "net-revenue": decimal_text(total("net")),
            "units-per-basket": mean(total("units"), receipts, MILLI),
        },
        minutes=[(minute, *values) for minute, values in running.items()],
        panels=panels,
        bars=_bars(found["categories"]) if "categories" in found else None,
    )


def _rate(basis_points: int | None) -> str:
    return UNNAMED if basis_points is None else rate_text(basis_points)


def by_hour(minutes: Iterable[Document], zone: ZoneInfo) -> list[Row]:
    """Rows of hour of the wall clock, cents and receipts, from rows of a minute each."""
    hours: dict[str, tuple[int, int]] = {}
    for row in minutes:
        sold_at: datetime = row["_id"]
        hour = f"{sold_at.astimezone(zone):%H}"
        gross, receipts = hours.get(hour, (0, 0))
        hours[hour] = (gross + int(row["gross"]), receipts + int(row["count"]))
    return [(hour, *hours[hour]) for hour in sorted(hours)]


def _bars(rows: list[Document]) -> list[Bar]:
    return ranked_bars(
        CategoryTotal(
            name=str(row["_id"]),
            revenue_minor=int(row["gross"]),
            revenue=decimal_text(int(row["gross"])),
            units_milli=0,
        )
        for row in rows
    )


def _facets(part: Part) -> list[Document]:
    narrow = _of_category(part.category)
    gross: Document = {"$sum": "$lines.grossMinor"}
    facets: dict[str, Any] = {
        "minutes": [*narrow, *_BY_MINUTE],
        "vat": [
            *narrow,
            {"$unwind": "$lines"},
            {
                "$group": {
                    "_id": "$lines.taxBasisPoints",
                    "gross": gross,
                    "net": {"$sum": "$lines.netMinor"},
                    "count": {"$sum": 1},
                }
            },
            {"$sort": {"gross": -1, "_id": 1}},
            {"$limit": MAX_ROWS},
        ],
    }
    if not part.category:
        paid: Document = {"$sum": "$payments.amountMinor"}
        facets["tenders"] = [
            {"$unwind": "$payments"},
            {"$group": {"_id": "$payments.mechanism", "gross": paid, "count": {"$sum": 1}}},
            {"$sort": {"gross": -1, "_id": 1}},
            {"$limit": MAX_ROWS},
        ]
    if part.store:
        facets["categories"] = [
            {"$unwind": "$lines"},
            {"$group": {"_id": "$lines.category", "gross": gross}},
        ]
    return [{"$match": _match(part)}, {"$facet": facets}]


def _minutes_only(part: Part) -> list[Document]:
    minutes = [*_of_category(part.category), *_BY_MINUTE]
    return [{"$match": _match(part)}, {"$facet": {"minutes": minutes}}]


def _match(part: Part) -> Document:
    day = datetime.fromisoformat(part.day).replace(tzinfo=UTC)
    # The range is for an index on store and date; wide enough for any zone and cutoff.
    dates = {"$gte": day - timedelta(days=1), "$lt": day + timedelta(days=3)}
    match: Document = {"businessDay": part.day, "date": dates}
    if part.store:
        return match | day_of_store(part.store, part.day)
    # Of a store all lines are read, for the bars of its other categories.
    return match | {"lines.category": part.category} if part.category else match


def _of_category(category: str) -> list[Document]:
    """Receipts with one category's lines only, and their sums."""
    if not category:
        return []
    condition = {"$eq": ["$$line.category", {"$literal": category}]}
    lines = {"$filter": {"input": "$lines", "as": "line", "cond": condition}}
    sums = {
        "grossMinor": {"$sum": "$lines.grossMinor"},
        "netMinor": {"$sum": "$lines.netMinor"},
    }
    return [{"$match": {"lines.category": category}}, {"$set": {"lines": lines}}, {"$set": sums}]


_BY_MINUTE: list[Document] = [
    {
        "$group": {
            "_id": {"$dateTrunc": {"date": "$date", "unit": "minute"}},
            "gross": {"$sum": "$grossMinor"},
            "net": {"$sum": "$netMinor"},
            "units": {"$sum": {"$sum": "$lines.unitsMilli"}},
            "count": {"$sum": 1},
        }
    },
    {"$sort": {"_id": 1}},
]
