"""An export is everything, in each format alike; one that is left holds nothing."""

import csv
import io
import json
from typing import Any

import httpx
import pyarrow.parquet
import pytest
from pymongo.database import Database

from tests.integration.persistence.api.conftest import Store
from tests.support.receipts import decoded, receipt
from tests.support.waiting import wait_until
from tillstream.receipt import receipt_key

RECEIPTS = [
    receipt(
        number,
        cents=number - 500,
        storeID=str(number % 4),
        customerID="=1+1",
        date=f"2026-11-21 {8 + number // 400:02d}:00:01",
    )
    for number in range(6_000)
]


@pytest.fixture(scope="module")
def receipts(store: Store) -> list[dict[str, Any]]:
    store(RECEIPTS)
    return RECEIPTS


def test_every_format_has_every_receipt_of_its_range_in_order(
    api: httpx.Client, receipts: list[dict[str, Any]]
) -> None:
    question = {"from": "2026-11-21T09:00:00", "to": "2026-11-22", "store": ["1", "2"]}

    def export(form: str) -> bytes:
        answer = api.get("/export", params={"format": form, **question})
        assert answer.status_code == 200, answer.text
        return answer.content

    lines = [json.loads(line) for line in export("ndjson").splitlines()]
    rows = list(csv.DictReader(io.StringIO(export("csv").decode("utf-8-sig"), newline="")))
    table = pyarrow.parquet.read_table(io.BytesIO(export("parquet"))).to_pylist()

    wanted = [
        (receipt_key(decoded(each)), f"{each['documentTotal']['grossTotal']:.2f}")
        for each in receipts
        if each["storeID"] in ("1", "2") and each["date"] >= "2026-11-21 09"
    ]
    by_key = sorted(wanted, reverse=True)
    expected = sorted(by_key, key=lambda one: one[0].partition("/")[0])
    assert expected == [(line["key"], line["gross"]) for line in lines]
    assert expected == [(row["key"], row["gross"]) for row in rows]
    assert expected == [(row["key"], f"{row['gross']:.2f}") for row in table]
    # A spreadsheet would take it for a formula.
    assert {"'=1+1"} == {row["customer"] for row in rows}


def test_a_client_that_leaves_ends_the_cursor(
    api: httpx.Client, database: Database[dict[str, Any]], receipts: list[dict[str, Any]]
) -> None:
    def open_cursors() -> int:
        return int(database.command("serverStatus")["metrics"]["cursor"]["open"]["total"])

    before = open_cursors()
    # More often than exports may run at once, so that each has given its place back.
    for _ in range(4):
        with api.stream("GET", "/export", params={"format": "ndjson"}) as answer:
            next(answer.iter_raw())
            during = open_cursors()
        wait_until(lambda: open_cursors() <= before, 10, "the cursor to be closed")

    assert before + 1 == during
