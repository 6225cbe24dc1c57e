"""Earlier days are read from the kept figures, once, and again when one of them changes."""

import threading
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pymongo import MongoClient

from dashboard.archive.past_days import PastDays
from dashboard.state.model import Model
from tests.support.day_figures import write_day
from tests.support.snapshots import ZONE, breakdowns
from tillstream.clock import BusinessDay
from tillstream.figures_reader import FiguresReader

NOON = 1_795_258_800.0
CALENDAR = BusinessDay(ZoneInfo(ZONE))
DAY = CALENDAR.on(NOON)
YESTERDAY = (DAY - timedelta(days=1)).isoformat()


def before(model: Model) -> Any:
    model.tick(NOON)
    return model.frame(1, NOON, whole=True).panels["before-yesterday"]


def test_a_day_that_changes_is_read_again(mongo_url: str, mongo_database: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        database = client[mongo_database]
        write_day(database, YESTERDAY, {"1": {"09": {"Pain": 100}}, "2": {"09": {"Pain": 50}}})
        model = Model(CALENDAR, NOON)
        model.take(breakdowns(NOON, DAY.isoformat(), hour={"09": 1_000}), NOON)
        reading = PastDays(FiguresReader(client[mongo_database]), model, threading.Event())
        reading.read()
        first = before(model)
        write_day(database, YESTERDAY, {"1": {"09": {"Pain": 100}, "10": {"Pain": 7}}})
        reading.read()

    assert ([("09", 150)], [("09", 100), ("10", 7)]) == (first, before(model))


def test_the_hours_of_a_day_are_those_of_its_totals(mongo_url: str, mongo_database: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        write_day(client[mongo_database], YESTERDAY, {"1": {"09": {"Pain": 100}}})
        reader = FiguresReader(client[mongo_database])
        days = [YESTERDAY, date(2020, 1, 1).isoformat()]

        hours, totals = reader.hours(days), reader.totals(days)

    assert {YESTERDAY: totals[YESTERDAY].breakdowns["hour"]} == hours
