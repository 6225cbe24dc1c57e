"""Who may be missed: a store is open by its own clock and its own week."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstream import opening_hours
from tillstream.clock import BusinessDay
from tillstream.store_hours import OPENING_GRACE_SECONDS, StoreHours
from tillstream.stores import Store, StoreTable

PARIS = ZoneInfo("Europe/Paris")
WEEKS = (
    "Mo-Sa 06:30-19:30; Su off",
    "Tu-Su 14:00-19:30,06:30-13:00",
    "Fr,Sa 22:00-02:00",
    "Mo-Su 00:00-24:00",
    "Mo 22:00-24:00; Tu 00:00-02:00",
    "We off",
)


def hours(week: str, zone: ZoneInfo = PARIS) -> StoreHours:
    calendars = {"7": BusinessDay(zone)} if zone is not PARIS else {}
    stores = {"7": Store("7", opening=opening_hours.parse(week))}
    return StoreHours(StoreTable(BusinessDay(PARIS), calendars, stores))


def at(text: str, zone: ZoneInfo = PARIS) -> float:
    """Unix seconds of a wall time of November 2026; the 23rd is a Monday."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("week", "now", "opened"),
    [
        ("Mo-Sa 06:30-19:30", "29 12:00", None),
        ("Mo-Sa 06:30-19:30", "23 06:29", None),
        ("Mo-Sa 06:30-19:30", "23 06:30", "23 06:30"),
        ("Mo-Sa 06:30-19:30", "23 19:29", "23 06:30"),
        ("Mo-Sa 06:30-19:30", "23 19:30", None),
        ("Mo-Sa 06:30-13:00,14:00-19:30", "23 13:30", None),
        ("Mo-Sa 06:30-13:00,14:00-19:30", "23 15:00", "23 14:00"),
        ("Fr,Sa 22:00-02:00", "28 01:59", "27 22:00"),
        ("Mo 22:00-24:00; Tu 00:00-02:00", "24 01:00", "23 22:00"),
    ],
)
def test_a_store_is_open_since_its_hours_began(week: str, now: str, opened: str | None) -> None:
    actual = hours(week).opened("7", at(now))

    assert (None if opened is None else at(opened)) == actual


def test_a_store_in_another_zone_opens_by_its_own_clock() -> None:
    cayenne = ZoneInfo("America/Cayenne")
    table = hours("Mo-Sa 06:30-19:30", cayenne)

    actual = [table.opened("7", at(now)) for now in ("23 10:00", "23 11:00", "23 23:00")]

    assert [None, *[at("23 06:30", cayenne)] * 2] == actual


@given(st.sampled_from(WEEKS), st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=20))
def test_what_is_kept_of_a_store_changes_no_answer(week: str, minutes: list[int]) -> None:
    """Whatever times were asked for before, also if the clock goes back."""
    kept, opening = hours(week), opening_hours.parse(week)
    walls = [datetime(2026, 11, 16, tzinfo=PARIS) + timedelta(minutes=each) for each in minutes]

    actual = [kept.opened("7", wall.timestamp()) is not None for wall in walls]

    assert [opening.is_open(wall) for wall in walls] == actual


def test_a_store_without_opening_hours_never_closes() -> None:
    assert -math.inf == hours("Mo-Sa 06:30-19:30").opened("8", at("29 03:00"))


def test_a_store_may_sell_nothing_while_it_is_closed_and_just_after() -> None:
    table, grace = hours("Mo-Sa 06:30-19:30"), OPENING_GRACE_SECONDS
    times = [at("29 12:00"), at("23 06:30") + grace - 1, at("23 06:30") + grace, at("23 19:31")]

    assert [True, True, False, True] == [table.may_sell_nothing("7", now) for now in times]
