"""What the address says, which names are offered, and a part's figures from its rows."""

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from dashboard.archive.filtered_day import FilteredDays
from dashboard.archive.filters import Choices, Filters
from dashboard.archive.store_day import answer
from dashboard.pages.addresses import View, view
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.frames import Bar
from dashboard.state.model import Model
from dashboard.state.panels import UNNAMED
from dashboard.state.store_days import StoreDays, Today
from tests.support.snapshots import ZONE, breakdowns, categories
from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable

PARIS = ZoneInfo(ZONE)
EIGHT = datetime(2026, 11, 21, 8, 59, tzinfo=PARIS)
TODAY = Today("2026-11-21", EIGHT.replace(hour=0, minute=0).timestamp(), PARIS)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", View()),
        ("?window=6h&store=Lyon%2F4&category=P%C3%A2tisserie", View("6h", "Lyon/4", "Pâtisserie")),
        ("?region=Nord&region=Sud", View(region="Sud")),
        ("?window=year&store=&store=7", View("day", "7", "")),
        (f"?store={'x' * 300}", View("day", "x" * 200, "")),
    ],
)
def test_an_address_names_its_view(search: str, expected: View) -> None:
    assert expected == view(search)


class _Archive:
    def stores(self) -> list[str]:
        return ["10", "Lyon", "9"]


def test_all_names_are_offered_as_they_are_read() -> None:
    model = Model(BusinessDay(PARIS), EIGHT.timestamp())
    days = StoreDays(StoreTable(BusinessDay(PARIS), {}), model, EIGHT.timestamp)
    filters = Filters(model, days, cast("FilteredDays", _Archive()), EIGHT.timestamp)
    before = filters.choices()
    at = EIGHT.timestamp()
    model.take(replace(breakdowns(at, store={"12": 1, "7": 2}), known_stores=2), at)
    model.take(categories(at, Pain=1, Menu=2), at)

    # Only the archive knows the stores until the feeds name every one.
    assert (Choices(["9", "10", "Lyon"], []), Choices(["7", "12"], ["Menu", "Pain"])) == (
        before,
        filters.choices(),
    )


def test_the_figures_of_a_store_are_exact() -> None:
    minutes = [
        {
            "_id": EIGHT.astimezone(UTC).replace(minute=minute),
            "gross": gross,
            "net": gross * 10 // 11,
            "units": 1500,
            "returns": 0,
            "last": EIGHT,
            "count": 1,
        }
        for minute, gross in ((58, 1100), (59, 1105))
    ]
    minutes.append(minutes[1] | {"_id": EIGHT.replace(hour=9, minute=0).astimezone(UTC)})
    found: dict[str, list[dict[str, Any]]] = {
        "minutes": minutes,
        "hours": [
            {"_id": "08", "gross": 2205, "count": 2},
            {"_id": "09", "gross": 1105, "count": 1},
        ],
        "vat": [
            {"_id": 550, "gross": 3310, "net": 3009, "count": 3},
            {"_id": None, "gross": 100, "net": 100, "count": 1},
        ],
        "tenders": [{"_id": "CB", "gross": 3310, "count": 3}],
        "categories": [{"_id": "Pain", "gross": 3310}, {"_id": "Menu", "gross": 5000}],
        "delays": [{"p50": 3, "p95": 12, "p99": 30}],
        "tills": [{"_id": "1", "gross": 3310, "count": 3, "last": EIGHT}],
        "latest": [{"_id": "7/1/1/x", "date": EIGHT, "till": "1", "number": "9", "grossMinor": 5}],
    }
    at = EIGHT.timestamp()

    chosen = Filter("2026-11-21", "7", category="Pain")
    actual = answer(chosen, found, TODAY, at + 60, [("07", 9)])

    assert (
        FilteredDay(
            day="2026-11-21",
            store="7",
            region="",
            category="Pain",
            source="receipts",
            zone="Europe/Paris",
            abbreviation="CET",
            known=True,
            starts=TODAY.starts,
            read_at=at + 60,
            values={
                "store-revenue": "33.10",
                "store-receipts": "3",
                "store-basket": "11.03",
                "store-units": "1.50",
                "store-net": "30.08",
                "store-returns": "0.00",
                "store-delay": "12",
                "store-last": EIGHT.isoformat(),
            },
            minutes=[(at - 60, 1100, 1), (at, 2205, 2), (at + 60, 3310, 3)],
            panels={
                "hours": [("08", 2205, 2), ("09", 1105, 1)],
                "before-week": [("07", 9)],
                "store-hours": [("07", None, 9), ("08", 2205, None), ("09", 1105, None)],
                "store-vat": [("5.5", 3310, 3009, 3), (UNNAMED, 100, 100, 1)],
                "store-tenders": [("CB", 3310, 0, 3)],
                "store-categories": [("Pain", 3310)],
                "store-tills": [("1", 3, 3310, at)],
                "store-latest": [("7/1/1/x", at, "1", "9", 5)],
            },
            bars=[Bar("Menu", "50.00"), Bar("Pain", "33.10")],
        )
        == actual
    )


def test_a_store_has_the_day_and_the_zone_of_its_own_calendar() -> None:
    late = datetime(2026, 11, 21, 22, 30, tzinfo=PARIS).timestamp()
    model = Model(BusinessDay(PARIS), late)
    reunion = ZoneInfo("Indian/Reunion")
    table = StoreTable(BusinessDay(PARIS), {"974": BusinessDay(reunion, 2)})
    # Without a word of the totals since noon the chain keeps its day; a clock of its own goes on.
    days = StoreDays(table, model, lambda: late + 86_400)

    actual = [days.of(store) for store in ("12", "", "974")]

    assert [
        Today("2026-11-21", datetime(2026, 11, 21, tzinfo=PARIS).timestamp(), PARIS),
        Today("2026-11-21", datetime(2026, 11, 21, tzinfo=PARIS).timestamp(), PARIS),
        Today("2026-11-22", datetime(2026, 11, 22, 2, tzinfo=reunion).timestamp(), reunion),
    ] == actual
