"""Receipts are found by an index, given once each and in order, and shown with their life."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from analytics.ledger.ledger_file import Ledger
from persistence.api.cursor import Position, cursor_text
from persistence.api.parameters import ReceiptsQuestion
from persistence.api.queries import receipts_query
from persistence.writer.entries import entry
from tests.integration.persistence.api.conftest import Store
from tests.support.receipts import decoded, line, receipt, stamped
from tillstream.earlier_keys import earlier_key
from tillstream.identity import identity_of
from tillstream.receipt import receipt_key
from tillstream.stores import StoreTable

#: Many share a second, so that a page may end among equals.
STORED = [
    receipt(
        number,
        cents=100 + number,
        storeID=str(1 + number % 3),
        terminalID=number % 2,
        date=f"2026-11-{21 + number % 2} 08:00:{number % 5:02d}",
        lines=[line(100 + number, ("Pain", "Menu")[number % 2])],
    )
    for number in range(60)
]


@pytest.fixture(scope="module")
def receipts(store: Store) -> list[dict[str, Any]]:
    store(STORED)
    return STORED


def stages(plan: dict[str, Any]) -> list[str]:
    """Every stage of a plan."""
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *itertools.chain.from_iterable(map(stages, inner))]


def test_every_question_that_is_taken_is_served_by_an_index(
    database: Database[dict[str, Any]], receipts: list[dict[str, Any]], table: StoreTable
) -> None:
    places: list[dict[str, Any]] = [
        {},
        {"store": ["1"]},
        {"store": ["1", "2"]},
        {"store": ["1"], "till": "1"},
    ]
    times = [{}, {"from": "2026-11-21", "to": "2026-11-22"}]
    looked_for = [{}, {"category": "Pain", "payment": "CB", "min_total": "1.05"}]
    used: set[str] = set()
    for place, time, wanted, sort, later in itertools.product(
        places, times, looked_for, ("date", "-date"), (False, True)
    ):
        if wanted and not time:
            continue
        asked = {**place, **time, **wanted, "sort": sort}
        question = ReceiptsQuestion.model_validate(asked).placed(table)
        if later:
            last = Position(datetime(2026, 11, 21, 7, 0, 2, tzinfo=UTC), "1/1/3/x", "2026-11-21")
            question = question.model_copy(update={"cursor": cursor_text(last, question)})
        query = receipts_query(question, table)
        command = {
            "find": "receipts",
            "filter": query.filter,
            "sort": query.sort,
            "hint": query.hint,
            "limit": 11,
        }
        told = database.command("explain", command, verbosity="executionStats")
        plan = told["queryPlanner"]["winningPlan"]
        used |= set(stages(plan.get("queryPlan", plan)))
        # A page reads what it gives, and little beyond where nothing else is looked for.
        if not wanted and "till" not in place:
            assert told["executionStats"]["totalDocsExamined"] <= 12, asked

    assert {"LIMIT", "FETCH", "IXSCAN", "SORT_MERGE"} == used


def paged(api: httpx.Client, between: Any = None, **question: Any) -> list[dict[str, Any]]:
    """Everything, page by page; `between` is called after each."""
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get("/receipts", params=question)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        question["cursor"] = answer.json()["next"]
        if between is not None:
            between()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stores=st.lists(st.sampled_from(["1", "2", "3"]), unique=True),
    sort=st.sampled_from(["date", "-date"]),
    limit=st.integers(7, 30),
    category=st.sampled_from([None, "Pain"]),
)
def test_pages_give_each_receipt_once_and_in_order(
    api: httpx.Client,
    receipts: list[dict[str, Any]],
    stores: list[str],
    sort: str,
    limit: int,
    category: str | None,
) -> None:
    narrow = {} if category is None else {"category": category}
    found = paged(
        api,
        store=stores,
        sort=sort,
        limit=limit,
        **narrow,
        **{"from": "2026-11-21", "to": "2026-11-23"},
    )

    wanted = [
        (each["date"], receipt_key(decoded(each)))
        for each in receipts
        if (not stores or each["storeID"] in stores)
        and (category is None or each["lines"][0]["productCategoryName"] == category)
    ]
    # Equal times go by key, upwards when the newest are first.
    by_key = sorted(wanted, key=lambda one: one[1], reverse=sort == "date")
    expected = sorted(by_key, key=lambda one: one[0], reverse=sort == "-date")
    assert [key for _, key in expected] == [each["key"] for each in found]


def test_pages_stand_still_while_receipts_arrive(
    api: httpx.Client, store: Store, receipts: list[dict[str, Any]]
) -> None:
    numbers = itertools.count(10_000)

    def arrive() -> None:
        store([receipt(next(numbers), storeID="77", date="2026-11-22 09:00:00")])

    store([receipt(number, storeID="77", date="2026-11-22 08:00:00") for number in range(20)])
    found = paged(api, arrive, store="77", limit=3)

    assert sorted(map(str, range(20))) == sorted(each["number"] for each in found)


def test_a_receipt_is_shown_with_its_life(api: httpx.Client, store: Store, data: Path) -> None:
    fields = receipt(5, storeID="A/b", date="2026-11-21T08:00:01+05:00", extra="kept")
    store([fields, receipt(6)])
    store([fields | {"agentID": "another"}])
    identity = identity_of(decoded(fields))
    with Ledger(data / "analytics" / "totals.sqlite3") as ledger:
        ledger.begin()
        ledger.identities.add([identity.key], [identity.content], [1])
        ledger.commit()

    key = receipt_key(decoded(fields))
    answer = api.get(f"/receipts/{quote(key, safe='/')}").json()
    other = api.get(f"/receipts/{receipt_key(decoded(receipt(6)))}").json()

    assert {
        "sold": "2026-11-21T08:00:01+05:00",
        "received": "2026-11-18T11:06:40Z",
        "stored": "2026-11-18T11:06:41Z",
        "counted": True,
    } == answer["life"]
    assert (key, "kept") == (answer["receipt"]["key"], answer["raw"]["extra"])
    assert ["another"] == [each["receipt"]["agentID"] for each in answer["conflicts"]]
    assert other["life"]["counted"] is False
    # A client may have kept the key that it had before keys began with their day.
    assert answer == api.get(f"/receipts/{quote(earlier_key(key), safe='/')}").json()


def test_an_earlier_key_of_a_uuid_finds_what_was_received_first(
    api: httpx.Client,
    receipts: list[dict[str, Any]],
    database: Database[dict[str, Any]],
    table: StoreTable,
) -> None:
    uuid = "6f9619ff8b86d011b42d00c04fc964ff"
    for number, day in enumerate(("2026-11-23", "2026-11-21", "2026-11-22")):
        fields = receipt(storeID=77, date=f"{day} 23:59:59", receiptUUID=uuid)
        made = entry(stamped(fields, 1_795_000_000.0 + number), table).document()
        database.receipts.insert_one(made | {"storedAt": made["receivedAt"]})

    found = api.get(f"/receipts/77/uuid/{uuid}")
    of_a_day = api.get(f"/receipts/2026-11-22/77/uuid/{uuid}")
    of_no_store = api.get(f"/receipts/78/uuid/{uuid}")
    database.receipts.delete_many({"store": "77"})

    assert f"2026-11-23/77/uuid/{uuid}" == found.json()["receipt"]["key"]
    assert f"2026-11-22/77/uuid/{uuid}" == of_a_day.json()["receipt"]["key"]
    assert 404 == of_no_store.status_code


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/receipts/2026-11-21 08:00:01/1/1/404", 404, "no-receipt"),
        ("/receipts/2026-11-21 08:00:01", 404, "no-receipt"),
        ("/receipts?limit=501&colour=red&from=yesterday", 400, "invalid-parameters"),
        ("/receipts?cursor=AAAA", 400, "wrong-cursor"),
        ("/receipts?till=1", 422, "no-index"),
        ("/receipts?category=Pain", 422, "no-index"),
        ("/receipts?sort=total", 422, "no-index"),
        ("/sales?by=day&from=2026-01-01&to=2027-01-01", 422, "no-index"),
        ("/sales?by=weekday&from=2026-01-02&to=2026-01-02", 400, "invalid-parameters"),
        ("/sales?by=day&store=1&from=0001-01-01&to=0001-01-02", 400, "invalid-parameters"),
        ("/receipts?from=9999-12-31", 400, "invalid-parameters"),
        ("/export?format=xlsx", 400, "invalid-parameters"),
        ("/nothing", 404, "not-found"),
    ],
)
def test_what_is_refused_says_why(api: httpx.Client, path: str, status: int, kind: str) -> None:
    answer = api.get(path, headers={"X-Request-Id": "mine"})

    problem = answer.json()
    assert (status, f"urn:tillstream:problem:{kind}", "urn:tillstream:request:mine") == (
        answer.status_code,
        problem["type"],
        problem["instance"],
    )
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "mine"
