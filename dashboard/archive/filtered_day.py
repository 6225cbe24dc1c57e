"""The day of one store, one category or both, from the archive: filters, and a store's page."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import msgspec
from cachetools import LRUCache, TLRUCache
from pymongo import MongoClient

from dashboard.archive import pipelines
from dashboard.archive.connection import QUERY_TIMEOUT_MS, answering
from dashboard.archive.history import running_totals
from dashboard.archive.pipelines import unix
from dashboard.state.frames import Bar, ranked_bars
from dashboard.state.panels import UNNAMED, Row, mean
from dashboard.state.series import Point
from dashboard.state.store_days import Today
from tillstream.archive import Document
from tillstream.clock import Clock, utc
from tillstream.money import MILLI, decimal_text, rate_text
from tillstream.snapshots import CategoryTotal

#: A question may take a tenth of the archive's time: it is asked again after ten times as long as
#: it took, within these bounds, seconds.
ASK_AGAIN_SECONDS = (1.5, 120.0)
#: Answers that are shared.
MAX_ANSWERS = 64
#: Rows of a panel that are read at most, and receipts that a store's page lists.
MAX_ROWS = 50
MAX_RECEIPTS = 12


class Filter(NamedTuple):
    """Of one business day; an empty store or category is all of them."""

    day: str
    store: str
    category: str


#: A filter, and what the day a week before has: cents and receipts.
WeekBefore = tuple[Filter, tuple[int, int] | None]


class FilteredDay(msgspec.Struct, frozen=True, kw_only=True):
    """The figures under a filter, named as in `frames.Frame`; times are Unix seconds."""

    day: str
    store: str
    category: str
    #: Of the hours; its name at `read_at`, such as CET; and when the business day began.
    zone: str
    abbreviation: str
    starts: float
    #: When the archive was read, and how soon it may be asked again, seconds.
    read_at: float
    ask_again: float
    #: Whether the archive has any receipt of the store, on whatever day.
    known: bool
    #: Exact text of each tile by its element id.
    values: dict[str, str | None]
    minutes: list[Point]
    #: Only of those panels that follow this filter.
    panels: dict[str, list[Row]]
    #: None without a store: then the day's categories stand in each frame.
    bars: list[Bar] | None


class FilteredDays:
    """Asks the archive for filtered days; answers are shared by all viewers.

    One question at a time for stores and one for categories of all stores, which take longer.
    """

    def __init__(self, client: MongoClient[Document], database: str, clock: Clock) -> None:
        self._receipts = client[database].receipts
        self._clock = clock
        self._asking = {True: threading.Lock(), False: threading.Lock()}
        self._lock = threading.Lock()
        self._answers: TLRUCache[Filter, FilteredDay] = TLRUCache(
            MAX_ANSWERS, ttu=lambda _, found, __: found.read_at + found.ask_again, timer=clock
        )
        self._week_before: LRUCache[WeekBefore, list[Row]] = LRUCache(MAX_ANSWERS)

    def find(
        self, chosen: Filter, today: Today, week_before_has: tuple[int, int] | None = None
    ) -> FilteredDay:
        """`today` under a filter as it is now, or as it was up to `ask_again` seconds ago.

        `week_before_has`: cents and receipts of the day a week before; when they grow, its hours
        are read again. Raises ArchiveAwayError.
        """
        week = (chosen, week_before_has)
        with self._asking[bool(chosen.store)]:
            with self._lock:
                shared = self._answers.get(chosen)
                week_before = self._week_before.get(week)
            if shared is not None:
                return shared
            now = self._clock()
            with answering():
                found = next(self._ask(pipeline(chosen, today.zone.key)))
                known = bool(found["minutes"] or not chosen.store) or self._knows(chosen.store)
                if week_before is None:
                    week_before = self._hours_of_the_week_before(chosen, today.zone.key)
            took = self._clock() - now
            read = answer(chosen, found, today, now, took, week_before, known)
            with self._lock:
                self._answers[chosen] = read
                self._week_before[week] = week_before
            return read

    def stores(self) -> list[str]:
        """Every store of the archive; raises ArchiveAwayError."""
        with answering():
            return [str(row["_id"]) for row in self._ask([{"$group": {"_id": "$store"}}])]

    def _knows(self, store: str) -> bool:
        wanted = {"store": store}
        found = self._receipts.find_one(wanted, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
        return found is not None

    def _hours_of_the_week_before(self, chosen: Filter, zone: str) -> list[Row]:
        day = date.fromisoformat(chosen.day) - timedelta(days=7)
        earlier = chosen._replace(day=day.isoformat())
        stages = [*pipelines.of_category(chosen.category), *pipelines.by_hour(zone)]
        hours = self._ask([{"$match": _match(earlier)}, *stages])
        return [(str(row["_id"]), int(row["gross"])) for row in hours]

    def _ask(self, stages: list[Document]) -> Iterator[Document]:
        return self._receipts.aggregate(stages, maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True)


def pipeline(chosen: Filter, zone: str) -> list[Document]:
    """One document with the rows of every facet; of a store, by the index of store and date."""
    of_category = pipelines.of_category(chosen.category)
    count = pipelines.COUNT
    minutes = pipelines.by_minute(
        net={"$sum": "$netMinor"},
        units={"$sum": {"$sum": "$lines.unitsMilli"}},
        returns={"$sum": {"$min": ["$grossMinor", 0]}},
        last={"$max": "$date"},
    )
    rates = pipelines.by_line("$lines.taxBasisPoints", net={"$sum": "$lines.netMinor"}, count=count)
    largest = pipelines.largest(MAX_ROWS)
    facets = {
        "minutes": [*of_category, *minutes],
        "hours": [*of_category, *pipelines.by_hour(zone)],
        "vat": [*of_category, *rates, *largest],
    }
    # A payment is of all lines of its receipt: of a category the tenders tell of a store only.
    if chosen.store or not chosen.category:
        facets["tenders"] = [*of_category, *pipelines.by_tender(), *largest]
    if chosen.store:
        till = {"_id": "$till", "gross": pipelines.GROSS, "count": count, "last": {"$max": "$date"}}
        shown = {"date": 1, "till": 1, "number": 1, "grossMinor": 1}
        facets |= {
            # Of every category, whichever is chosen: its bar stands among the others.
            "categories": pipelines.by_line("$lines.category"),
            "delays": [*of_category, *pipelines.delay_percentiles(None)],
            "tills": [*of_category, {"$group": till}, {"$sort": {"_id": 1}}, {"$limit": MAX_ROWS}],
            "latest": [
                *of_category,
                {"$sort": {"date": -1}},
                {"$limit": MAX_RECEIPTS},
                {"$project": shown},
            ],
        }
    return [{"$match": _match(chosen)}, {"$facet": facets}]


def _match(chosen: Filter) -> Document:
    day = pipelines.within_day(chosen.day, chosen.store)
    only_category = chosen.category and not chosen.store
    return day | {"lines.category": chosen.category} if only_category else day


def answer(
    chosen: Filter,
    found: dict[str, list[Document]],
    today: Today,
    read_at: float,
    took: float,
    week_before: list[Row],
    known: bool = True,
) -> FilteredDay:
    """The figures under a filter from the rows of its facets, read at `read_at` in `took` s."""
    minutes = found["minutes"]

    def total(name: str) -> int:
        return sum(int(row[name]) for row in minutes)

    gross, receipts = total("gross"), total("count")
    values = {
        "revenue": decimal_text(gross),
        "receipts": str(receipts),
        "average-basket": mean(gross, receipts),
        "net-revenue": decimal_text(total("net")),
        "units-per-basket": mean(total("units"), receipts, MILLI),
    }
    panels: dict[str, list[Row]] = {
        "hours": [
            (str(row["_id"]), int(row["gross"]), int(row["count"])) for row in found["hours"]
        ],
        "last-week": week_before,
        "vat": [
            (_rate(row["_id"]), int(row["gross"]), int(row["net"]), int(row["count"]))
            for row in found["vat"]
        ],
    }
    if "tenders" in found:
        panels["tenders"] = [
            (str(row["_id"]), int(row["gross"]), 0, int(row["count"])) for row in found["tenders"]
        ]
    if chosen.store:
        last = max((row["last"] for row in minutes), default=None)
        delay = found["delays"][0]["p95"] if found["delays"] else None
        values |= {
            "store-revenue": values["revenue"],
            "store-receipts": values["receipts"],
            "store-basket": values["average-basket"],
            "store-units": values["units-per-basket"],
            "store-net": values["net-revenue"],
            "store-returns": decimal_text(total("returns")),
            "store-delay": None if delay is None else str(delay),
            "store-last": None if last is None else last.isoformat(),
        }
        panels |= _of_store(found, panels, chosen.category)
    least, most = ASK_AGAIN_SECONDS
    running = running_totals(minutes, until=read_at)
    return FilteredDay(
        day=chosen.day,
        store=chosen.store,
        category=chosen.category,
        zone=today.zone.key,
        abbreviation=utc(read_at).astimezone(today.zone).tzname() or today.zone.key,
        starts=today.starts,
        read_at=read_at,
        ask_again=min(most, max(least, 10 * took)),
        known=known,
        values=values,
        minutes=[(minute, *sums) for minute, sums in running.items()],
        panels=panels,
        bars=_bars(found["categories"]) if chosen.store else None,
    )


def _of_store(
    found: dict[str, list[Document]], panels: dict[str, list[Row]], category: str
) -> dict[str, list[Row]]:
    """The tables of a store's page by their element ids; `store_tills` completes the tills."""
    today = {hour: gross for hour, gross, _ in panels["hours"]}
    before: dict[str, int] = dict(panels["last-week"])
    categories = sorted(
        (-int(row["gross"]), str(row["_id"]))
        for row in found["categories"]
        if not category or row["_id"] == category
    )
    return {
        "store-hours": [
            (hour, today.get(hour), before.get(hour)) for hour in sorted(today.keys() | before)
        ],
        "store-vat": panels["vat"],
        "store-tenders": panels["tenders"],
        "store-categories": [(name, -gross) for gross, name in categories[:MAX_ROWS]],
        "store-tills": [
            (str(row["_id"]), int(row["count"]), int(row["gross"]), unix(row["last"]))
            for row in found["tills"]
        ],
        "store-latest": [
            (
                *(str(row["_id"]), unix(row["date"])),
                *(row.get("till", ""), row.get("number", ""), int(row["grossMinor"])),
            )
            for row in found["latest"]
        ],
    }


def _rate(basis_points: int | None) -> str:
    return UNNAMED if basis_points is None else rate_text(basis_points)


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
