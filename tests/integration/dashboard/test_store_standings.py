"""All stores from `day_figures`, those of the table too, each by its own day; and what is new."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dashboard.archive.store_standings import SHARED_SECONDS, StoreStandings
from tests.support.day_figures import write_day
from tillstream.clock import BusinessDay
from tillstream.figures_reader import FiguresReader
from tillstream.stores import Store, StoreTable

PARIS = BusinessDay(ZoneInfo("Europe/Paris"))
AUCKLAND = BusinessDay(ZoneInfo("Pacific/Auckland"))
DAY = date(2026, 11, 28)
#: In Auckland it is a quarter to four of the next day.
NOW = datetime(2026, 11, 28, 15, 45, tzinfo=PARIS.zone).timestamp()
WEEK = timedelta(weeks=1)


class Present:
    """A clock that is set."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(mongo_url: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client["store-standings"]
        client.drop_database("store-standings")


def test_stores_of_the_table_of_today_and_of_usual_days_stand_there_each_by_its_own_day(
    database: Database[dict[str, Any]],
) -> None:
    write_day(database, str(DAY), {"1": {"09": {"Pain": 500}}, "9": {"09": {"Pain": 1}}})
    write_day(database, str(DAY - WEEK), {"1": {"09": {"Pain": 900}}, "2": {"15": {"Pain": 70}}})
    write_day(database, str(DAY + timedelta(days=1)), {"9": {"02": {"Pain": 40}}})
    # Of the table too, and sells in yen: it is not at zero in euros.
    write_day(database, f"{DAY} JPY", {"4": {"09": {"Pain": 34_500}}})
    named = {"9": Store("9", "Ponsonby"), "3": Store("3"), "4": Store("4")}
    table = StoreTable(PARIS, {"9": AUCKLAND}, named)
    found = StoreStandings(FiguresReader(database), table, Present()).answer("")

    assert found is not None
    assert {
        "1": ("1", "open", 500, 500, 900, "15:00"),
        "2": ("2", "open", 0, 0, 0, "15:00"),
        "3": ("3", "new", 0, 0, None, "15:00"),
        "9": ("Ponsonby", "new", 40, 40, None, "03:00"),
    } == {
        each.store: (
            *(each.title, each.state, each.gross, each.compared, each.usual),
            each.until,
        )
        for each in found.rows
    }


def test_an_answer_is_shared_for_its_seconds_and_names_what_is_new_after_them(
    database: Database[dict[str, Any]],
) -> None:
    clock = Present()
    write_day(database, str(DAY), {"1": {"09": {"Pain": 500}}, "2": {"09": {"Pain": 500}}})
    standings = StoreStandings(FiguresReader(database), StoreTable(PARIS, {}), clock)
    first = standings.answer("")
    assert first is not None
    write_day(database, str(DAY), {"1": {"09": {"Pain": 500}}, "2": {"09": {"Pain": 700}}})
    shared = standings.answer(first.known)
    clock.now += SHARED_SECONDS
    after = standings.answer(first.known)
    assert after is not None
    clock.now += SHARED_SECONDS
    unchanged = standings.answer(after.known)
    elsewhere = standings.answer("of another process")

    assert (None, None) == (shared, unchanged)
    assert (True, 2) == (first.whole, len(first.rows))
    assert (False, [("2", 700)]) == (after.whole, [(each.store, each.gross) for each in after.rows])
    assert elsewhere is not None
    assert (True, 2) == (elsewhere.whole, len(elsewhere.rows))
