"""What came after a drop, what is in both tiers, and what is said when one is not within reach."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo.database import Database

from tests.integration.persistence.api.conftest import Store, service
from tests.support.archive_answers import answers
from tests.support.dropped_days import drop, export, mark
from tests.support.receipts import receipt
from tillstream.stores import StoreTable

FIRST = date(2026, 3, 2)
DAYS = 5
BORDER = FIRST + timedelta(3)


def made(number: int) -> dict[str, Any]:
    """A receipt of any store and day, with an amount of its own."""
    return receipt(
        number,
        cents=100 + number,
        storeID=(1, "9", "été")[number % 3],
        date=f"{FIRST + timedelta(number % DAYS)} 0{number % 7}:30:00",
    )


@pytest.fixture(scope="module")
def days(
    mongo_url: str, database: Database[dict[str, Any]], data: Path, table: StoreTable, store: Store
) -> list[date]:
    """Days of which MongoDB has nothing, the last one and some receipts apart that came later."""
    receipts = [made(number) for number in range(80)]
    store(receipts)
    days = [day for day in export(mongo_url, database.name, data, table) if day < BORDER]
    mark(data, days)
    drop(database, days)
    late = receipt(1_000, cents=7, storeID=1, date=f"{FIRST} 12:00:00")
    # The same identity with another content: what a file says of it does not count any more.
    other = receipts[0] | receipt(0, cents=-5_000, storeID=1, date=receipts[0]["date"])
    again = receipts[1]
    store([late, other, again])
    return days


def test_what_came_after_the_drop_counts_and_counts_once(
    mongo_url: str,
    database: Database[dict[str, Any]],
    data: Path,
    stores_file: Path,
    table: StoreTable,
    store: Store,
    days: list[date],
    tmp_path: Path,
) -> None:
    environ = {"STORES_FILE": str(stores_file)}
    with service(mongo_url, database.name, DATA_DIR=str(data), **environ) as api:
        across = answers(api, FIRST, BORDER, DAYS)
    export(mongo_url, database.name, data, table)
    with service(mongo_url, database.name, DATA_DIR=str(data), **environ) as api:
        in_both = answers(api, FIRST, BORDER, DAYS)
    # All that was dropped comes again, so that MongoDB alone has it whole.
    store([made(number) for number in range(1, 80)])
    with service(mongo_url, database.name, DATA_DIR=str(tmp_path), **environ) as api:
        in_mongo = answers(api, FIRST, BORDER, DAYS)

    assert in_mongo == across
    assert in_mongo == in_both


def test_an_archive_that_cannot_be_read_is_told_where_it_is_needed(
    mongo_url: str,
    database: Database[dict[str, Any]],
    data: Path,
    stores_file: Path,
    days: list[date],
    tmp_path: Path,
) -> None:
    del days
    shutil.copytree(data / "parquet", tmp_path / "lost")
    for file in (tmp_path / "lost").glob("*/*.parquet"):
        file.unlink()
    (tmp_path / "broken" / "manifest.json").mkdir(parents=True)
    today = datetime.now(UTC).date()
    questions: list[tuple[str, dict[str, Any]]] = [
        ("/receipts", {"from": str(FIRST), "to": str(BORDER)}),
        ("/sales", {"by": "day", "from": str(FIRST), "to": str(BORDER)}),
        ("/export", {"format": "csv", "from": str(FIRST), "to": str(BORDER)}),
        (f"/receipts/{quote(f'{FIRST} 00:30:00/1/1/9999', safe='')}", {}),
        ("/receipts", {"from": str(today)}),
        ("/sales", {"by": "day", "from": str(today), "to": str(today + timedelta(1))}),
    ]

    said = {}
    for folder in ("lost", "broken"):
        environ = {
            "STORES_FILE": str(stores_file),
            "DATA_DIR": str(tmp_path / "data"),
            "PARQUET_URL": str(tmp_path / folder),
            "RECEIPTS_RETENTION_DAYS": "30",
        }
        with service(mongo_url, database.name, **environ) as api:
            answered = [api.get(path, params=asked) for path, asked in questions]
        said[folder] = [(each.status_code, each.json().get("type", "")) for each in answered]

    away = (503, "urn:tillstream:problem:analytic-archive-away")
    assert dict.fromkeys(("lost", "broken"), [away] * 4 + [(200, "")] * 2) == said
