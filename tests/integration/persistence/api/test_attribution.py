"""What became of each purchase over HTTP: found by time, by person, and by its id."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet
import pytest
from pymongo import ASCENDING
from pymongo.database import Database

from tests.integration.persistence.api.conftest import service
from tests.support.event_streams import STREAMS
from tests.support.kept_events import NOON_US
from tests.support.made_checkouts import ATTRIBUTION, checkout, credit, store, store_credits
from tillstream.streams.changes import MODELS, WHOLE_CREDIT, credits_collection

SECOND = 1_000_000


@pytest.fixture(scope="module")
def api(mongo_url: str, database: Database[dict[str, Any]]) -> Iterator[httpx.Client]:
    kept = database.client[ATTRIBUTION.database or database.name]
    collection = kept[ATTRIBUTION.collection_name]
    collection.drop()
    time = ("purchase_time", ASCENDING), ("_id", ASCENDING)
    collection.create_index(time, name="by_time")
    collection.create_index([("user_id", ASCENDING), *time], name="by_key")
    credited = kept[credits_collection(ATTRIBUTION)]
    credited.drop()
    credited.create_index(time, name="by_time")
    for number in range(10):
        more: dict[str, Any] = {
            "user_id": f"u{number % 2}",
            "purchase_time": NOON_US + number // 3 * SECOND,
        }
        made: dict[str, Any] = {"is_final": number < 5, "source": "Google Ads", "total": 1_234_567}
        store(kept, checkout(f"p{number}", 10, **more, **made))
        at = more["purchase_time"]
        rows = [credit(f"p{number}", 9, None, WHOLE_CREDIT, sign=-1, purchase_time=at)]
        if number % 3:
            parts = ("Google Ads", 333_333), ("Bing", 666_667)
            rows += [credit(f"p{number}", 9, *part, purchase_time=at) for part in parts]
        else:
            rows.append(credit(f"p{number}", 9, None, WHOLE_CREDIT, purchase_time=at))
        store_credits(kept, *rows)
    with service(mongo_url, database.name, STREAMS_DIR=str(STREAMS)) as client:
        yield client


def test_each_purchase_is_in_one_page_in_the_order_of_time(api: httpx.Client) -> None:
    found: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = api.get("/attribution/checkouts", params=params).raise_for_status().json()
        found += [row["purchase_id"] for row in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    some = api.get("/attribution/checkouts?user_id=u1&is_final=true&from=2026-11-28T12:00:01Z")

    assert [f"p{number}" for number in range(10)] == found
    assert ["p3"] == [row["purchase_id"] for row in some.json()["items"]]


def test_a_purchase_is_found_by_its_id(api: httpx.Client) -> None:
    row = api.get("/attribution/checkouts/p4").raise_for_status().json()
    nobody = api.get("/attribution/checkouts/p99")
    unknown = api.get("/attribution/checkout")

    assert ("p4", "12.34567", "2026-11-28T12:00:01Z", True, "Google Ads") == tuple(
        row[name] for name in ("purchase_id", "total", "purchase_time", "is_final", "source")
    )
    assert not {"sign", "_id"} & row.keys()
    assert (404, "urn:tillstream:problem:no-conversion") == (
        nobody.status_code,
        nobody.json()["type"],
    )
    assert "did you mean 'checkouts'?" in unknown.json()["detail"]


def test_a_purchase_has_all_models_side_by_side(api: httpx.Client) -> None:
    shared = api.get("/attribution/checkouts/p4").raise_for_status().json()["credits"]
    nobody = api.get("/attribution/checkouts/p3").raise_for_status().json()["credits"]

    assert [
        {"channel": "Bing", **dict.fromkeys(MODELS, 666_667)},
        {"channel": "Google Ads", **dict.fromkeys(MODELS, 333_333)},
    ] == shared
    assert [{"channel": None, **dict.fromkeys(MODELS, WHOLE_CREDIT)}] == nobody


def test_sources_are_summed_in_every_model_over_exactly_the_time(api: httpx.Client) -> None:
    address = "/attribution-sources/checkouts"
    # p3 to p8 of ten: the first and the last second are not in it.
    time = {"from": "2026-11-28T12:00:01Z", "to": "2026-11-28T12:00:03Z"}
    sums = api.get(address, params=time).raise_for_status().json()
    lines = api.get(address, params=time, headers={"accept": "text/csv"}).text.splitlines()
    endless = api.get(address, params={"from": time["from"]})
    nothing = api.get(address, params={"from": "2020-01-01", "to": "2020-01-02"}).json()
    paths = api.get("/openapi.json").json()["paths"]
    rows: list[dict[str, Any]] = [
        {"channel": None, **dict.fromkeys(MODELS, 2_000_000), "conversions": 2},
        {"channel": "Bing", **dict.fromkeys(MODELS, 4 * 666_667), "conversions": 4},
        {"channel": "Google Ads", **dict.fromkeys(MODELS, 4 * 333_333), "conversions": 4},
    ]

    assert {**time, "conversions": 6, "items": rows} == sums
    assert ["\ufeffchannel," + ",".join(MODELS) + ",conversions", *map(_line, rows)] == lines
    assert (400, "to") == (endless.status_code, endless.json()["errors"][0]["parameter"])
    assert (0, []) == (nothing["conversions"], nothing["items"])
    assert address in paths


def _line(row: dict[str, Any]) -> str:
    return ",".join("" if each is None else str(each) for each in row.values())


def test_every_format_has_the_same_purchases(api: httpx.Client) -> None:
    address = "/attribution/checkouts?limit=4&format="
    rows = api.get(f"{address}json").json()["items"]
    lines = api.get(f"{address}csv").text.splitlines()
    table = pa.parquet.read_table(io.BytesIO(api.get(f"{address}parquet").content))
    paths = api.get("/openapi.json").json()["paths"]

    assert list(rows[0]) == table.column_names == lines[0].lstrip("\ufeff").split(",")
    assert [row["purchase_id"] for row in rows] == table["purchase_id"].to_pylist()
    assert [row["total"] for row in rows] == [str(each) for each in table["total"].to_pylist()]
    assert len(rows) == len(lines) - 1
    assert {"/attribution/checkouts", "/attribution/checkouts/{conversion}"} <= paths.keys()
