"""What is asked is answered alike, wherever the days are: in MongoDB, in Parquet, in both."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pymongo.database import Database

from tests.integration.persistence.api.conftest import Store, service
from tests.support.archive_answers import answers, without_raw
from tests.support.dropped_days import drop, export, mark
from tests.support.receipts import CATEGORIES, line, receipt
from tillstream.stores import StoreTable

STORES = [1, 2, "8", "9", "Ménilmontant", "a/b 'c'", "été"]
FIRST = date(2026, 3, 25)  # clocks go forward on the 29th
DAYS = 10
BORDER = FIRST + timedelta(days=6)
NAMES = [*CATEGORIES, "Thé 'vert'; \"bio\"", "=1+1"]
SIZES = [1, 0.001, -3, 0.25, 99_999.999]
TENDERS = ["CB", "ESP", "TR é"]
#: Cents.
LARGEST = 1_000_000_000


def made(chance: random.Random, number: int) -> dict[str, Any]:
    """A receipt with whatever a till may send."""
    cents = [chance.choice([chance.randint(-9_000, 90_000), 0, LARGEST, -LARGEST]) for _ in "abc"]
    lines = [
        line(each, chance.choice(NAMES), chance.choice(SIZES))
        | {"taxPercentage": chance.choice([0, 5.5, 10, 20, 100, 0.01]), "lineNumber": place}
        for place, each in enumerate(cents[: chance.randint(0, 3)])
    ]
    gross = chance.choice([chance.randint(-5_000, 50_000), LARGEST, -LARGEST]) / 100
    # Times repeat, so that keys decide the order.
    sold = datetime.combine(FIRST, datetime.min.time()) + timedelta(
        minutes=30 * chance.randint(0, DAYS * 48)
    )
    text = chance.choice([str(sold), sold.isoformat() + "+02:00", sold.isoformat() + ".125Z"])
    fields = receipt(
        number,
        storeID=chance.choice(STORES),
        terminalID=chance.choice([1, 2, "K-1"]),
        agentID=chance.choice([None, 7, "Zoë"]),
        customerID=chance.choice([None, "C-1", 12]),
        date=text,
        lines=lines,
        documentTotal={"netTotal": gross, "taxPayable": 0.05, "grossTotal": gross},
        settlements=[
            {
                "paymentMechanism": chance.choice(TENDERS),
                "settlementAmount": each / 100,
            }
            for each in cents[: chance.randint(0, 3)]
        ],
        unknownField={"kept": number},
    )
    if chance.random() < 0.1:
        fields["receiptUUID"] = f"{chance.getrandbits(128):032x}"
    return fields


@pytest.fixture(scope="module")
def receipts(store: Store, table: StoreTable) -> list[dict[str, Any]]:
    chance = random.Random(18)
    found = [made(chance, number) for number in range(400)]
    found += [
        receipt(number, date="1900-01-03 08:00:00", storeID=place)
        for number, place in enumerate([1, "9"])
    ]
    store(found)
    return found


def one(api: httpx.Client, key: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/receipts/{quote(key, safe='')}").raise_for_status().json()
    return found


@pytest.fixture
def environ(stores_file: Path, data: Path) -> dict[str, str]:
    return {"STORES_FILE": str(stores_file), "DATA_DIR": str(data)}


@pytest.fixture(scope="module")
def days(
    mongo_url: str,
    database: Database[dict[str, Any]],
    data: Path,
    table: StoreTable,
    receipts: list[dict[str, Any]],
) -> list[date]:
    """The days of the analytic archive that are dropped here."""
    del receipts
    return [day for day in export(mongo_url, database.name, data, table) if day < BORDER]


def test_answers_are_the_same_before_and_after_days_are_dropped(
    mongo_url: str,
    database: Database[dict[str, Any]],
    environ: dict[str, str],
    days: list[date],
    data: Path,
) -> None:
    name = database.name
    everything = list(database.receipts.find())
    keys = [each["_id"] for each in everything]
    with service(mongo_url, name, **environ) as api:
        before = answers(api, FIRST, BORDER, DAYS)
        each_before = {key: one(api, key) for key in keys[::30]}
    mark(data, days)
    with service(mongo_url, name, **environ) as api:
        in_both = answers(api, FIRST, BORDER, DAYS)
    dropped = drop(database, days)
    with service(mongo_url, name, **environ) as api:
        after = answers(api, FIRST, BORDER, DAYS)
        each_after = {key: one(api, key) for key in keys[::30]}
        absent = api.get(f"/receipts/{quote(keys[0] + '0', safe='')}")

    assert dropped > 150
    assert before == in_both
    assert before == after
    assert {key: without_raw(each) for key, each in each_before.items()} == {
        key: without_raw(each) for key, each in each_after.items()
    }
    assert 404 == absent.status_code
