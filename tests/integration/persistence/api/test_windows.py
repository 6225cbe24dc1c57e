"""Windows over HTTP: every row once and in order, whatever is revised meanwhile."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.integration.persistence.api.conftest import service
from tests.support.window_archive import START, WindowArchive, declared, figures
from tillstream.http.keys import key_file

#: Of each hour and product: pieces 1 and none.
PRODUCTS = ("=1+1", "Pain", None)
HOURS = 4


@pytest.fixture(scope="module")
def archive(
    mongo_url: str, database: Database[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WindowArchive]:
    window = declared(tmp_path_factory.mktemp("streams"))
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        written = WindowArchive(client, database.name, window)
        for hour in range(HOURS):
            written.write(
                (START + timedelta(hours=hour), (product, pieces), figures(hour + 1, 1250))
                for product in PRODUCTS
                for pieces in (1, None)
            )
        yield written


@pytest.fixture(scope="module")
def api(
    mongo_url: str,
    database: Database[dict[str, Any]],
    archive: WindowArchive,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("declared")
    declared(folder)
    with service(mongo_url, database.name, STREAMS_DIR=str(folder)) as client:
        yield client


def paged(api: httpx.Client, between: Any = None, **params: Any) -> list[dict[str, Any]]:
    """Every row, page by page; `between` is called after each."""
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get("/windows/order_hours", params=params).raise_for_status()
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        assert page["next"] in answer.headers["link"]
        params["cursor"] = page["next"]
        if between is not None:
            between()


def test_pages_have_each_row_once_in_order_while_rows_are_revised(
    api: httpx.Client, archive: WindowArchive
) -> None:
    def revise() -> None:
        archive.write(
            (START + timedelta(hours=hour), ("Pain", 1), figures(9, 1250, revision=2, late=1))
            for hour in range(HOURS)
        )

    whole = paged(api, limit=1000)
    found = paged(api, revise, limit=5)

    def place(row: dict[str, Any]) -> tuple[str, str]:
        return row["window"]["start"], json.dumps([row["product"], row["pieces"]])

    assert [place(row) for row in whole] == [place(row) for row in found]
    assert (24, 24, sorted(map(place, found))) == (
        len(found),
        len(set(map(place, found))),
        [place(row) for row in found],
    )


def test_a_row_has_what_is_declared_exactly(api: httpx.Client, archive: WindowArchive) -> None:
    archive.write(
        [(START, ("Pain", 1), figures(3, 1250, mean=2**40, revision=5, late=2, final=True))]
    )
    [row] = paged(api, to=START + timedelta(minutes=1), product="Pain", pieces=1)

    assert {
        "window": {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T09:00:00Z"},
        "product": "Pain",
        "pieces": 1,
        "orders": 3,
        "value": "12.50",
        "first_at": "2026-11-21T08:01:00Z",
        "mean": 2**40,
        "revision": 5,
        "late": 2,
        "final": True,
    } == row


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"product": ""}, 2 * HOURS),
        ({"product": ["", "Pain"], "pieces": "", "from": "2026-11-21T09:00:00Z"}, 2 * (HOURS - 1)),
        ({"product": "Nothing"}, 0),
        ({"from": "2026-11-21T10:00:00+01:00", "to": "2026-11-21T11:00:00"}, 12),
    ],
)
def test_rows_are_found_by_time_and_by_key(
    api: httpx.Client, asked: dict[str, Any], rows: int
) -> None:
    found = paged(api, limit=3, **asked)

    assert rows == len(found)


def test_every_format_has_the_same_rows(api: httpx.Client) -> None:
    asked = {"product": "=1+1", "pieces": "1", "limit": "2"}
    path = "/windows/order_hours"
    csv = api.get(path, params=asked, headers={"accept": "text/html, text/csv;q=0.5"})
    parquet = api.get(path, params=asked | {"format": "parquet"})
    table = pyarrow.parquet.read_table(io.BytesIO(parquet.content))
    lines = csv.content.decode("utf-8-sig").splitlines()

    assert ["text/csv", True] == [csv.headers["content-type"][:8], "cursor=" in csv.headers["link"]]
    assert [
        "window.start,window.end,product,pieces,orders,value,first_at,mean,revision,late,final",
        "2026-11-21T08:00:00Z,2026-11-21T09:00:00Z,'=1+1,1,1,12.50,2026-11-21T08:01:00Z,12.5,1,0,false",
        "2026-11-21T09:00:00Z,2026-11-21T10:00:00Z,'=1+1,1,2,12.50,2026-11-21T08:01:00Z,6.25,1,0,false",
    ] == lines
    assert (["=1+1"] * 2, [1, 2], pa.decimal128(38, 2)) == (
        table["product"].to_pylist(),
        table["orders"].to_pylist(),
        table.schema.field("value").type,
    )


def test_what_is_asked_wrongly_is_told_with_what_there_is(api: httpx.Client) -> None:
    unknown = api.get("/windows/order_hour")
    wrong = api.get(
        "/windows/order_hours?produt=Pain&pieces=x&limit=1001&from=2026-11-22&to=2026-11-21"
    )
    cursor = api.get("/windows/order_hours?limit=1").json()["next"]
    other = api.get("/windows/order_hours", params={"product": "Pain", "cursor": cursor})

    told = {each["parameter"]: each["message"] for each in wrong.json()["errors"]}
    assert (404, "urn:tillstream:problem:no-window") == (
        unknown.status_code,
        unknown.json()["type"],
    )
    assert (
        "did you mean 'order_hours'? There is order_hours, quarantined."
        in (unknown.json()["detail"])
    )
    assert {"produt", "pieces", "limit", "to"} == told.keys()
    assert "did you mean 'product'? There is cursor, format, from, limit, pieces" in told["produt"]
    assert (400, "urn:tillstream:problem:wrong-cursor") == (
        other.status_code,
        other.json()["type"],
    )


def test_what_is_declared_is_listed_and_in_the_document(api: httpx.Client) -> None:
    listed = {each["name"]: each for each in api.get("/windows").json()["windows"]}
    paths = api.get("/openapi.json").json()["paths"]
    parameters = [each["name"] for each in paths["/windows/order_hours"]["get"]["parameters"]]

    assert ["order_hours", "quarantined"] == sorted(listed)
    assert ("Orders by the hour", 3600, ["orders", "value", "first_at"]) == (
        listed["order_hours"]["title"],
        listed["order_hours"]["sizeSeconds"],
        [each["name"] for each in listed["order_hours"]["measures"]],
    )
    assert ["from", "to", "product", "pieces", "cursor", "limit", "format"] == parameters


def test_the_newest_minutes_are_the_sums_of_their_rows(api: httpx.Client) -> None:
    two_hours = api.get("/windows/order_hours/last?minutes=120&pieces=1").json()
    too_narrow = api.get("/windows/order_hours/last?minutes=90")
    wrong = api.get("/windows/order_hours/last?minutes=1441&produkt=x")
    end = START + timedelta(hours=HOURS)

    assert [f"{end - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}"] == [
        two_hours["from"],
        two_hours["to"],
    ]
    assert [
        {
            "product": product,
            "pieces": 1,
            "orders": 7,
            "value": "25.00",
            "first_at": "2026-11-21T08:01:00Z",
            "mean": pytest.approx(2500 / 7),
        }
        for product in (None, "=1+1")
    ] == [row for row in two_hours["items"] if row["product"] != "Pain"]
    assert (422, "urn:tillstream:problem:not-summable") == (
        too_narrow.status_code,
        too_narrow.json()["type"],
    )
    assert {"minutes", "produkt"} == {each["parameter"] for each in wrong.json()["errors"]}


def events(answer: httpx.Response, count: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """The next events that have rows: id and rows."""
    found = []
    last = ""
    for line in answer.iter_lines():
        if line.startswith("id: "):
            last = line[4:]
        if line.startswith("data: "):
            found.append((last, json.loads(line[6:])["rows"]))
            if len(found) == count:
                break
    return found


def test_changes_come_as_events_and_go_on_after_the_last_one_that_was_seen(
    api: httpx.Client, archive: WindowArchive
) -> None:
    before = archive.write([(START, ("Late", 1), figures(1))])
    path = "/windows/order_hours/changes"
    with api.stream("GET", path, headers={"last-event-id": str(before)}) as answer:
        archive.write([(START, ("Late", 1), figures(2, revision=2, late=1))])
        archive.write([(START, ("Other", 1), figures(1))])
        [(seen, first)] = events(answer, 1)
    archive.write([(START, ("Late", 1), figures(3, revision=3, late=2))])
    with api.stream("GET", f"{path}?product=Late", headers={"last-event-id": seen}) as answer:
        [(_, second)] = events(answer, 1)
    refused = api.get(path, headers={"last-event-id": "yesterday"})

    assert ("text/event-stream", 400) == (
        answer.headers["content-type"].split(";")[0],
        refused.status_code,
    )
    assert ("Late", 2) == (first[0]["product"], first[0]["revision"])
    assert [("Late", 3)] == [(row["product"], row["revision"]) for row in second]


def test_a_key_for_some_stores_sees_no_rows_of_the_whole_chain(
    mongo_url: str, database: Database[dict[str, Any]], tmp_path: Path
) -> None:
    declared(tmp_path)
    _, of_two = key_file(tmp_path).add("two", ("1", "2"), datetime.now(UTC))
    environ = {"API_KEYS": "on", "DATA_DIR": str(tmp_path), "STREAMS_DIR": str(tmp_path)}
    with service(mongo_url, database.name, **environ) as api:
        asked = "/windows/order_hours"
        nobody = api.get(asked)
        some = api.get(asked, headers={"authorization": f"Bearer {of_two}"})

    assert (401, 403, "urn:tillstream:problem:whole-chain") == (
        nobody.status_code,
        some.status_code,
        some.json()["type"],
    )
