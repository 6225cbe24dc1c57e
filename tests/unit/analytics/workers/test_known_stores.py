"""Which stores may sell, and which of them have not."""

from datetime import date
from zoneinfo import ZoneInfo

from analytics.counting.tills import Till
from analytics.workers.publishing import breakdowns_snapshot, known_stores, selling_in
from tillstream import opening_hours
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures
from tillstream.store_hours import StoreHours
from tillstream.stores import Store, StoreTable

PARIS = BusinessDay(ZoneInfo("Europe/Paris"))
NOW = 1_795_000_000.0
DAY = 86_400.0


def test_a_store_of_the_table_or_of_the_last_two_weeks_that_sells_nothing_is_at_zero() -> None:
    tills = {
        (store, "1"): Till(store, "1", sold=NOW - days * DAY)
        for store, days in (("7", 0.0), ("10", 13.0), ("9", 15.0))
    }
    known = known_stores(StoreTable(PARIS, {"100": PARIS, "7": PARIS}), tills, NOW)
    totals = {("store", "7"): Figures(1, 1000, 100, 90)}

    found = breakdowns_snapshot(lambda _: totals, PARIS, NOW, known)

    assert (1, 3, 2, ("10", "100")) == (
        found.stores,
        found.known_stores,
        found.at_zero,
        found.stores_at_zero,
    )
    assert date(2026, 11, 18).isoformat() == found.day


def test_stores_that_sell_in_another_currency_are_told() -> None:
    day, one = date(2026, 11, 18), Figures(1, 1000, 100, 90)
    sold = {"JPY": {("store", "3"): one}, "KWD": {("store", "4"): one, ("day", ""): one}}

    found = selling_in(lambda of: sold.get(of.currency, {}), day, ["JPY", "KWD"])

    assert {"3", "4"} == found


def test_a_store_that_is_closed_on_sunday_is_not_at_zero_on_sunday() -> None:
    week = opening_hours.parse("Mo-Sa 06:30-19:30")
    table = StoreTable(PARIS, {}, {"7": Store("7", opening=week), "8": Store("8")})
    known, hours = known_stores(table, {}, NOW), StoreHours(table)
    # NOW is a Wednesday, before noon in Paris.
    days = {"wednesday": NOW, "sunday": NOW + 4 * DAY, "in the evening": NOW + DAY / 2}

    found = {
        day: breakdowns_snapshot(lambda _: {}, PARIS, now, known, hours.may_sell_nothing)
        for day, now in days.items()
    }

    zero = {day: (each.known_stores, each.stores_at_zero) for day, each in found.items()}
    assert {
        "wednesday": (2, ("7", "8")),
        "sunday": (2, ("8",)),
        "in the evening": (2, ("8",)),
    } == zero
