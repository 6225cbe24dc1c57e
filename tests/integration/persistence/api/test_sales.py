"""The service's sums are the ledger's, to the cent."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

import httpx
import pytest

from analytics.counting.decoding import read_columns
from analytics.counting.folds import summed
from persistence.api.parameters import By
from tests.integration.persistence.api.conftest import Store
from tests.support.receipts import line, receipt, stamped
from tillstream.codec import NDJSON
from tillstream.currency_day import CurrencyDay
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

STORES = ("1", "2", "8", "9")
DAY = date(2026, 10, 25)  # the clocks go back in Paris


def made(seed: int, count: int) -> list[dict[str, Any]]:
    """Receipts around DAY: sales, returns and voids, several rates, categories and tenders."""
    chance = random.Random(seed)
    receipts = []
    for number in range(count):
        lines = [
            line(chance.randint(-2000, 5000), chance.choice(("Pain", "Menu", "Café")), 0.25)
            | {
                "taxPercentage": chance.choice((0, 5.5, 10, 20)),
                "productCode": chance.choice(("00000011", 11, "Z9")),
            }
            for _ in range(chance.randint(0, 4))
        ]
        cents = sum(round(each["settlementAmount"] * 100) for each in lines)
        sold = datetime.combine(DAY, time()) + timedelta(minutes=chance.randint(-1440, 2879))
        receipts.append(
            receipt(
                number,
                cents=cents,
                storeID=chance.choice(STORES),
                date=str(sold) + chance.choice(("", "", "Z", "+05:00")),
                lines=lines,
                settlements=[
                    {"paymentMechanism": mechanism, "settlementAmount": cents / 200}
                    for mechanism in chance.choice((["CB"], ["CB", "CB"], ["CB", "Espèces"]))
                ],
                transactionType=chance.choice((None, "void")),
            )
        )
    return receipts


def ledger(
    receipts: list[dict[str, Any]], table: StoreTable, stores: tuple[str, ...], by: str
) -> dict[str, tuple[int, ...]]:
    """Receipts, units, gross and net that the ledger has of DAY, by key."""
    wanted = [each for each in receipts if not stores or each["storeID"] in stores]
    body = b"\n".join(map(stamped, wanted))
    sums = summed(read_columns([LogMessage(0, body, NDJSON)], table))
    return {
        key or DAY.isoformat(): tuple(figures)
        for (day, name, key), figures in sums.items()
        if (day, name) == (CurrencyDay(DAY), by)
    }


@pytest.fixture(scope="module")
def receipts(store: Store) -> list[dict[str, Any]]:
    receipts = made(5, 600)
    store(receipts)
    return receipts


@pytest.mark.parametrize("stores", [(), ("9",), ("1", "8")])
@pytest.mark.parametrize("by", get_args(By))
def test_sums_are_those_of_the_ledger(
    api: httpx.Client,
    receipts: list[dict[str, Any]],
    table: StoreTable,
    by: By,
    stores: tuple[str, ...],
) -> None:
    expected = ledger(receipts, table, stores, by)

    question = {"by": by, "from": DAY.isoformat(), "to": (DAY + timedelta(1)).isoformat()}
    answer = api.get("/sales", params={**question, "store": list(stores)})

    rows = answer.json()["rows"]
    names = ("receipts", "unitsMilli", "grossMinor", "netMinor")
    actual = {row["key"]: tuple(row[name] for name in names) for row in rows}
    assert expected == actual
