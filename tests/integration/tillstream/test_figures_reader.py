"""Kept figures are read from MongoDB as they are now, and what did not change is read once."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.support.day_figures import write_day
from tillstream import day_figures
from tillstream.figures_reader import FiguresReader


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


def test_stores_chain_and_totals_are_the_same_figures(database: Database[dict[str, Any]]) -> None:
    write_day(database, "2026-11-21", {"7": {"08": {"Pain": 1_190}}, "8": {"09": {"Pain": 500}}})
    for other in ("2026-11-21 JPY", "2026-11-22 JPY"):
        write_day(database, other, {other[9]: {"08": {"Pain": 501}}})
    reader = FiguresReader(database)

    stores = reader.stores("2026-11-21")
    chain = reader.chain(["2026-11-20", "2026-11-21"])
    totals = reader.totals(["2026-11-21"])

    assert ({"7", "8"}, {"1"}) == (set(stores), reader.selling_elsewhere("2026-11-21"))
    assert ["2026-11-21"] == list(chain) == reader.days("2026-11-01", "2026-11-30")
    of_stores = day_figures.by_hour(stores.values())
    assert of_stores == day_figures.by_hour(chain.values())
    assert {"08": 1_190, "09": 500} == {hour: each.gross_minor for hour, each in of_stores.items()}
    assert 1_690 == totals["2026-11-21"].breakdowns["product"]["Pain"].gross_minor


def test_what_has_changed_is_read_again(database: Database[dict[str, Any]]) -> None:
    write_day(database, "2026-11-21", {"7": {"08": {"Pain": 100}}})
    reader = FiguresReader(database)
    before = reader.stores("2026-11-21", ["7"])["7"]

    write_day(database, "2026-11-21", {"7": {"08": {"Pain": 250}}})
    after = reader.stores("2026-11-21", ["7", "8"])

    assert 100 == before.hours["08"].gross_minor
    assert {"7": 250} == {store: each.hours["08"].gross_minor for store, each in after.items()}
    assert after["7"] is reader.stores("2026-11-21", ["7"])["7"]
