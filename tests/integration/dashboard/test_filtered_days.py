"""Regions and categories from kept figures: equal to sums over the receipts, whatever changes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.database import Database

from dashboard.archive.filtered_day import FilteredDays
from dashboard.archive.kept_day import KeptDays
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.panels import mean, mean_amount
from dashboard.state.store_days import Today
from tests.support.day_figures import keep_figures, write_day
from tillstream.clock import BusinessDay
from tillstream.figures_reader import FiguresReader
from tillstream.money import MILLI, decimal_text
from tillstream.stores import Store, StoreTable

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
DAY, WEEK_BEFORE = "2026-11-21", "2026-11-14"
STARTS = datetime(2026, 11, 21, tzinfo=PARIS)
#: When the tests look: 12:30 of the chain's clock.
NOW = (STARTS + timedelta(hours=12, minutes=30)).timestamp()
TODAY = Today(DAY, STARTS.timestamp(), PARIS)
REGIONS = {"1": "North", "2": "North", "3": "South", "4": ""}
TABLE = StoreTable(
    BusinessDay(PARIS), {}, {store: Store(store, region=name) for store, name in REGIONS.items()}
)
CATEGORIES = ("Pain", "Menu", "Boisson")


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


def sold(luck: random.Random, day: str) -> dict[str, Any]:
    """An archived receipt of some store and minute of a day, some of them returns."""
    sign = -1 if luck.random() < 0.1 else 1
    lines: list[dict[str, Any]] = [
        {
            "category": luck.choice(CATEGORIES),
            "product": "1",
            "taxBasisPoints": 550,
            "grossMinor": Int64(sign * gross),
            "netMinor": Int64(sign * (gross * 10 // 11)),
            "unitsMilli": Int64(sign * luck.randrange(100, 3_000)),
        }
        for gross in (luck.randrange(50, 2_000) for _ in range(luck.randrange(1, 5)))
    ]
    at = datetime.fromisoformat(day).replace(tzinfo=PARIS) + timedelta(
        minutes=luck.randrange(7 * 60, 12 * 60 + 30)
    )
    return {
        "store": luck.choice(list(REGIONS)),
        "businessDay": day,
        "date": at.astimezone(UTC),
        "grossMinor": Int64(sum(line["grossMinor"] for line in lines)),
        "netMinor": Int64(sum(line["netMinor"] for line in lines)),
        "lines": lines,
        "payments": [],
    }


def summed(receipts: list[dict[str, Any]], region: str, category: str) -> dict[str, Any]:
    """What the receipts themselves have of a region's stores, and of the lines of a category."""
    hours: dict[str, list[int]] = {}
    bars: dict[str, int] = {}
    total = [0, 0, 0, 0]
    for receipt in receipts:
        if region and REGIONS[receipt["store"]] != region:
            continue
        for line in receipt["lines"]:
            bars[line["category"]] = bars.get(line["category"], 0) + line["grossMinor"]
        lines = [each for each in receipt["lines"] if category in ("", each["category"])]
        if not lines:
            continue
        gross, net, units = (
            sum(line[name] for line in lines) for name in ("grossMinor", "netMinor", "unitsMilli")
        )
        hour = hours.setdefault(f"{receipt['date'].astimezone(PARIS):%H}", [0, 0])
        hour[:] = hour[0] + gross, hour[1] + 1
        total = [a + b for a, b in zip(total, (gross, 1, net, units), strict=True)]
    gross, number, net, units = total
    return {
        "revenue": decimal_text(gross),
        "receipts": str(number),
        "average-basket": mean_amount(gross, number),
        "net-revenue": decimal_text(net),
        "units-per-basket": mean(units, number, MILLI),
        "hours": [(hour, *sums) for hour, sums in sorted(hours.items())],
        "last": (gross, number),
        "bars": {name: decimal_text(gross) for name, gross in bars.items()} if region else None,
    }


def against(today: list[Any], before: list[Any]) -> tuple[Any, ...]:
    """A row of `against` without net and units: the hours before that of NOW, and both days."""
    until = f"{datetime.fromtimestamp(NOW, PARIS):%H:00}"
    sums = [
        (sum(gross for _, gross, _ in over), sum(number for _, _, number in over))
        for day in (today, before)
        for over in [[row for row in day if row[0] < until[:2]]]
    ]
    return ("week", until, (WEEK_BEFORE,), (WEEK_BEFORE,), *sums)


def told(found: FilteredDay) -> dict[str, Any]:
    bars = None if found.bars is None else {each.name: each.revenue for each in found.bars}
    last = found.minutes[-1][1:]
    return {**found.values, "hours": found.panels["hours"], "last": last, "bars": bars}


@pytest.mark.parametrize("category", ["", "Menu"])
@pytest.mark.parametrize("region", ["", "North", "South"])
def test_kept_figures_are_those_of_the_receipts_to_the_cent(
    database: Database[dict[str, Any]], region: str, category: str
) -> None:
    luck = random.Random(21)
    days = {day: [sold(luck, day) for _ in range(300)] for day in (DAY, WEEK_BEFORE)}
    for receipts in days.values():
        database.receipts.insert_many(receipts)
    keep_figures(database, TABLE)
    filtered = FilteredDays(
        database.client, database.name, FiguresReader(database), TABLE, lambda: NOW
    )

    found = filtered.find(Filter(DAY, "", region, category), TODAY)

    assert summed(days[DAY], region, category) == told(found)
    before = summed(days[WEEK_BEFORE], region, category)["hours"]
    assert [row[:2] for row in before] == found.panels["before-week"]
    (row,) = (each for each in found.panels["against"] if each[0] == "week")
    sums = [(gross, receipts) for gross, _, receipts, _ in row[4:]]
    assert against(summed(days[DAY], region, category)["hours"], before) == (*row[:4], *sums)
    assert ("kept", True) == (found.source, found.known)


def test_a_sum_follows_its_stores_as_they_sell_come_and_go(
    database: Database[dict[str, Any]],
) -> None:
    kept = KeptDays(FiguresReader(database), TABLE)
    north = Filter(DAY, region="North")

    def revenue() -> str | None:
        return kept.find(north, TODAY, NOW).values.get("revenue")

    before = revenue()
    write_day(database, DAY, {"1": {"08": {"Pain": 100}}, "3": {"08": {"Pain": 5_000}}})
    one = revenue()
    write_day(database, DAY, {"1": {"08": {"Pain": 300, "Menu": 50}}, "2": {"09": {"Pain": 7}}})
    grown = revenue()
    found = kept.find(north, TODAY, NOW)
    database.day_figures.delete_one({"_id": f"{DAY}/2"})

    assert (None, "1.00", "3.57", "3.50") == (before, one, grown, revenue())
    assert [("08", 350, 2), ("09", 7, 1)] == found.panels["hours"]


def test_a_curve_grows_evenly_within_its_hours_and_ends_now(
    database: Database[dict[str, Any]],
) -> None:
    write_day(database, DAY, {"1": {"10": {"Pain": 6_000}, "12": {"Pain": 3_100}}})
    found = KeptDays(FiguresReader(database), TABLE).find(Filter(DAY, region="North"), TODAY, NOW)
    points = {
        f"{datetime.fromtimestamp(minute or 0, PARIS):%H:%M}": gross
        for minute, gross, _ in found.minutes
    }

    assert 6_000 // 60 == points["10:00"]
    assert (6_000, 6_000, 9_100) == (points["10:59"], points["11:59"], points["12:30"])
    assert "12:30" == next(reversed(points))


def test_stores_of_several_zones_are_drawn_when_they_sold(
    database: Database[dict[str, Any]],
) -> None:
    # 10:00 to 11:00 in La Réunion is 07:00 to 08:00 in Paris.
    table = StoreTable(BusinessDay(PARIS), {"974": BusinessDay(REUNION)})
    write_day(database, DAY, {"974": {"10": {"Pain": 100}}, "1": {"10": {"Pain": 200}}})
    found = KeptDays(FiguresReader(database), table).find(Filter(DAY, category="Pain"), TODAY, NOW)
    points = {
        f"{datetime.fromtimestamp(minute or 0, PARIS):%H:%M}": gross
        for minute, gross, _ in found.minutes
    }

    assert (100, 100, 300) == (points["07:59"], points["09:59"], points["10:59"])
    assert [("10", 300, 2)] == found.panels["hours"]


def test_a_day_that_nobody_keeps_has_no_figures_and_an_unknown_region_is_said(
    database: Database[dict[str, Any]],
) -> None:
    kept = KeptDays(FiguresReader(database), TABLE)
    nothing = kept.find(Filter(DAY, category="Pain"), TODAY, NOW)
    write_day(database, DAY, {"3": {"08": {"Pain": 100}}})
    quiet = kept.find(Filter(DAY, region="North"), TODAY, NOW)
    nowhere = kept.find(Filter(DAY, region="Atlantis"), TODAY, NOW)

    assert ({}, []) == (nothing.values, nothing.minutes)
    assert ("0.00", True) == (quiet.values["revenue"], quiet.known)
    assert not nowhere.known
