"""A business day is each store's own: sums, receipts and exports of a day are of the same ones."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pyarrow.parquet
import pytest
from pymongo.database import Database

from tests.integration.persistence.api.conftest import STORES_CSV, Store, service
from tests.support.receipts import decoded, receipt
from tillstream import stores
from tillstream.clock import event_time
from tillstream.receipt import receipt_key
from tillstream.runtime.settings import StoreTimeSettings
from tillstream.stores import StoreTable

#: In the first the clocks go forward in Paris, in the second back; and before time zones.
DAYS = [date(2026, 3, 29), date(2026, 10, 25), date(1900, 1, 3), date(2990, 7, 1)]
STORES = ("1", "8", "9", "NY", "KI")


@pytest.fixture(scope="module")
def stores_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stores") / "stores.csv"
    file.write_text(STORES_CSV + "NY,America/New_York,3\nKI,Pacific/Kiritimati,23\n")
    return file


@pytest.fixture(scope="module")
def table(stores_file: Path) -> StoreTable:
    settings = StoreTimeSettings(stores_file=stores_file, business_day_cutoff_hour=4)
    return stores.load(settings)


@pytest.fixture(scope="module")
def api(
    mongo_url: str, database: Database[dict[str, Any]], stores_file: Path, tmp_path_factory: Any
) -> Iterator[httpx.Client]:
    environ = {"STORES_FILE": str(stores_file), "DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    with service(mongo_url, database.name, BUSINESS_DAY_CUTOFF_HOUR="4", **environ) as client:
        yield client


@pytest.fixture(scope="module")
def receipts(store: Store) -> list[dict[str, Any]]:
    """Every half hour of three days around each of DAYS, in every store."""
    made: list[dict[str, Any]] = []
    for place in STORES:
        for day in DAYS:
            first = datetime.combine(day - timedelta(1), time())
            for half_hour in range(3 * 48):
                sold = first + timedelta(minutes=30 * half_hour)
                number = len(made)
                made.append(receipt(number, storeID=place, cents=1, date=str(sold)))
    store(made)
    return made


def business_day(fields: dict[str, Any], table: StoreTable) -> date:
    """By the calendar of its store, of the instant at which it was sold."""
    calendar = table.calendar(fields["storeID"])
    return calendar.on(event_time(fields["date"], calendar.zone).timestamp())


def paged(api: httpx.Client, **question: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = api.get("/receipts", params=question | {"limit": 500}).raise_for_status().json()
        found += [each["key"] for each in page["items"]]
        if page["next"] is None:
            return found
        question["cursor"] = page["next"]


@pytest.mark.parametrize("places", [[], ["NY"], ["KI"], ["1", "9", "KI"]])
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("days", [1, 2])
def test_a_day_has_the_same_receipts_everywhere(
    api: httpx.Client,
    table: StoreTable,
    receipts: list[dict[str, Any]],
    places: list[str],
    day: date,
    days: int,
) -> None:
    end = day + timedelta(days)
    question: dict[str, Any] = {"from": str(day), "to": str(end), "store": places}

    def export(form: str) -> bytes:
        return api.get("/export", params=question | {"format": form}).raise_for_status().content

    sums = api.get("/sales", params=question | {"by": "hour"}).raise_for_status().json()["rows"]
    found = {
        "receipts": paged(api, **question),
        "ndjson": [json.loads(each)["key"] for each in export("ndjson").splitlines()],
        "csv": [
            row["key"] for row in csv.DictReader(io.StringIO(export("csv").decode("utf-8-sig")))
        ],
        "parquet": pyarrow.parquet.read_table(io.BytesIO(export("parquet")))["key"].to_pylist(),
    }

    of_day = [
        each
        for each in receipts
        if (not places or each["storeID"] in places) and day <= business_day(each, table) < end
    ]
    keys = sorted(receipt_key(decoded(each)) for each in of_day)
    hours: dict[str, int] = {}
    for each in of_day:
        zone: ZoneInfo = table.calendar(each["storeID"]).zone
        instant = event_time(each["date"], zone).timestamp()
        hour = f"{datetime.fromtimestamp(instant, zone):%H}"
        hours[hour] = hours.get(hour, 0) + 1
    assert dict.fromkeys(found, keys) == {name: sorted(each) for name, each in found.items()}
    assert hours == {row["key"]: row["receipts"] for row in sums}


def test_a_range_may_begin_with_a_day_and_end_with_a_time(
    api: httpx.Client, receipts: list[dict[str, Any]]
) -> None:
    question = {"store": "1", "from": "2026-10-25", "to": "2026-10-25T05:00:00"}

    found = paged(api, **question)
    refused = api.get("/receipts", params=question | {"to": "2026-10-25T03:00:00"})

    assert [f"2026-10-25 04:{minute}:00" for minute in ("30", "00")] == [
        key.partition("/")[0] for key in found
    ]
    assert 400 == refused.status_code
