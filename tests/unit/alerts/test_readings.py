"""What rules find: stores at zero while they are open, figures away from what is usual."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from alerts.comparison import Hours, reading
from alerts.heard import Heard
from alerts.looks import World, silent_tills, silent_workers
from alerts.rule import RETURNS_UNUSUAL, REVENUE_BELOW_USUAL, TILL_SILENT, Rule
from alerts.stores_at_zero import open_since
from tests.support import snapshots
from tillstream import opening_hours
from tillstream.clock import BusinessDay
from tillstream.day_figures import DAY_FIGURES, Figures
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable

PARIS = ZoneInfo("Europe/Paris")
RULE = Rule("low", REVENUE_BELOW_USUAL, "warning", 0, 0, percent=20, end_percent=10)


def hours(*cents: int) -> Hours:
    """From 08 on."""
    return {f"{8 + place:02d}": Figures(1, 0, each, each) for place, each in enumerate(cents)}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()


@pytest.mark.parametrize(
    ("today", "bad", "well"),
    [
        (79, True, False),
        (80, True, False),
        (81, False, False),
        (90, False, True),
        (300, False, True),
    ],
)
def test_revenue_begins_at_one_threshold_and_ends_at_another(
    today: int, bad: bool, well: bool
) -> None:
    found = reading("", RULE, hours(today, 999), [hours(50, 9), hours(150, 9)], ["08"])

    assert (bad, well) == (found.bad, found.well)
    assert ("09:00", 100.0) == (found.facts["until"], found.facts["usual"])


def test_returns_are_unusual_above_and_never_below() -> None:
    rule = RULE._replace(kind=RETURNS_UNUSUAL, percent=100, end_percent=50)
    found = [reading("", rule, hours(value), [hours(100)], ["08"]) for value in (0, 149, 151, 200)]

    assert [(False, True), (False, True), (False, False), (True, False)] == [
        (each.bad, each.well) for each in found
    ]


def test_what_is_too_little_to_compare_and_what_is_not_over_begin_nothing() -> None:
    small = reading("", RULE._replace(least_minor=101), hours(0), [hours(100)], ["08"])
    early = reading("", RULE, hours(0), [hours(100)], [])
    unknown = reading("", RULE, hours(0), [{}], ["08"])

    assert [(False, True), (False, True), (False, False)] == [
        (each.bad, each.well) for each in (small, early, unknown)
    ]


def test_a_store_is_open_since_it_opened_or_since_the_day_began() -> None:
    week = opening_hours.parse("Mo-Fr 06:30-12:00,14:00-19:00; Sa 22:00-02:00")
    paris = BusinessDay(PARIS)

    assert None is open_since(week, paris, at("2026-11-27T06:29:59"))
    assert at("2026-11-27T06:30") == open_since(week, paris, at("2026-11-27T11:59"))
    assert at("2026-11-27T14:00") == open_since(week, paris, at("2026-11-27T18:00"))
    assert at("2026-11-29T00:00") == open_since(week, paris, at("2026-11-29T01:00"))
    assert None is open_since(week, paris, at("2026-11-29T02:00"))


def world(heard: Heard) -> World:
    database: Any = {DAY_FIGURES: None}
    table = StoreTable(BusinessDay(PARIS), {})
    return World(heard, table, database, FiguresReader(database), lambda: None, Path(), None)


def test_a_silent_till_is_an_alert_only_while_its_store_is_open() -> None:
    noon, night = at("2026-11-27T12:00"), at("2026-11-27T23:00")
    rule = Rule("till", TILL_SILENT, "info", 600, 0, hours=opening_hours.parse("Mo-Su 08:00-20:00"))
    bad = []
    for now in (noon, night):
        heard = Heard(now)
        heard.take(snapshots.count(now), now)
        heard.take(snapshots.tills(now, now - 900), now)
        look = silent_tills(rule, world(heard), now)
        assert look is not None
        bad.append(look.readings["till:12/2"].bad)

    assert [True, False] == bad


def test_what_a_worker_that_is_behind_or_silent_says_is_not_of_now() -> None:
    heard = Heard(0)
    behind = replace(snapshots.count(1), next_offset=5, log_offset=9)
    heard.take(replace(behind, next_offset=10), 1)
    heard.take(replace(behind, as_of=50), 50)
    known = heard.counting(50)
    heard.take(replace(behind, as_of=70), 70)

    assert known is not None
    assert None is heard.counting(70)
    heard.take(replace(behind, as_of=71, next_offset=10), 71)
    assert None is not heard.counting(71)
    assert None is heard.counting(90)


def test_a_worker_is_silent_that_repeats_itself() -> None:
    heard = Heard(0)
    for now in range(10):
        heard.take(snapshots.count(1), now)
        heard.take(snapshots.rate(now), now)
    look = silent_workers(heard, 9)

    assert {"totals": 0, "rate": 9, "persistence": 0} == {
        name: each.since for name, each in look.readings.items()
    }
    assert {"totals", "persistence"} == {n for n, each in look.readings.items() if each.bad}
