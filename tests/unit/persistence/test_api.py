"""Questions to the archive, before it is asked: parameters and cursors."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.api.app import build
from persistence.api.cursor import Position, cursor_text, position_of
from persistence.api.parameters import ReceiptsQuestion
from persistence.api.settings import ArchiveApiSettings
from tillstream.clock import BusinessDay
from tillstream.currencies import IN_WORDS
from tillstream.http.problems import ProblemError
from tillstream.stores import StoreTable

PARIS = ZoneInfo("Europe/Paris")
TABLE = StoreTable(BusinessDay(PARIS), {"9": BusinessDay(ZoneInfo("Indian/Reunion"), 4)})
POSITION = Position(
    datetime(2026, 11, 21, 8, 0, 1, 250_000, UTC), "2026-11-21 08:00:01/17/2/4711", "2026-11-21"
)


def asked(method: str, path: str, pairs: Sequence[tuple[str, str]] = ()) -> httpx.Response:
    """The answer of a service whose archive is never asked."""
    service = build(ArchiveApiSettings(mongo_url="mongodb://127.0.0.1:1"), lambda: 0.0)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(service)
        async with httpx.AsyncClient(transport=transport, base_url="http://archive") as client:
            return await client.request(
                method, path, params=httpx.QueryParams(list(pairs)) if pairs else None
            )

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("stores", "zone"),
    [([], PARIS), (["9"], ZoneInfo("Indian/Reunion")), (["9", "1"], PARIS)],
)
def test_a_time_is_of_the_store_that_is_asked_about_and_a_day_is_of_each(
    stores: list[str], zone: ZoneInfo
) -> None:
    def first(text: str) -> date | None:
        question = ReceiptsQuestion.model_validate({"from": text, "store": stores})
        return question.placed(TABLE).first

    assert datetime(2026, 11, 21, 4, tzinfo=zone) == first("2026-11-21T04:00:00")
    assert date(2026, 11, 21) == first("2026-11-21")


def errors(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """What the answer says of each parameter of a question."""
    problem = asked("GET", "/receipts", pairs).json()
    assert problem["type"] == "urn:tillstream:problem:invalid-parameters"
    return {error["parameter"]: error["message"] for error in problem["errors"]}


def test_everything_that_does_not_hold_is_told_at_once() -> None:
    pairs = [
        ("from", "2026-11-22"),
        ("to", "2026-11-22"),
        ("payment", "CB"),
        ("payment", "Especes"),
        ("min_total", "1e3"),
        ("limit", "0"),
        ("sort", "price"),
        ("till", ""),
        ("category", "x" * 2_001),
        ("colour", "red"),
        ("currency", "eur"),
        *(("store", str(number)) for number in range(51)),
    ]

    told = errors(pairs)
    assert {
        "to": "is not after `from`; `to` itself is not included",
        "payment": "stands there twice",
        "min_total": "is '1e3'; it is an amount such as 12.50",
        "limit": "is '0'; Input should be greater than or equal to 1",
        "sort": "is 'price'; Input should be '-date' or 'date'",
        "till": "is empty; leave it out instead",
        "category": f"is '{'x' * 64}'; String should have at most 2000 characters",
        "currency": f"is 'eur'; it is {IN_WORDS}",
        "colour": "there is no such parameter; /docs lists what there is",
        "store": "names too many stores; at most 50 go at once",
    } == told


def test_faults_beside_the_values_are_told_without_any_of_a_value() -> None:
    same_instant = [("from", "2026-11-22"), ("to", "2026-11-21T23:00:00Z")]

    assert errors(same_instant) == {"to": "is not after `from`; `to` itself is not included"}
    assert errors([("till", "1"), ("till", "2")]) == {"till": "stands there twice"}


@pytest.mark.parametrize("text", ["5.0", " 5", "+5", "5_0", "\u0665", "five"])
def test_a_limit_is_digits(text: str) -> None:
    told = errors([("limit", text)])

    assert {"limit": f"is {text!r}; it is an integer from 1 to 500"} == told


@pytest.mark.parametrize(
    "text", ["yesterday", "20261129", "2026-W48-7", "20261129T080000", "2026-W48-7T08:00"]
)
def test_an_end_that_is_no_day_and_no_time_is_told(text: str) -> None:
    told = errors([("from", text)])

    assert {
        "from": f"is {text!r}; it is a day such as 2026-11-21 or a time such as"
        " 2026-11-21T08:00:00+01:00, its + encoded as %2B"
    } == told


@pytest.mark.parametrize("path", ["/receipts", "/windows/shop_metrics"])
def test_bytes_that_are_no_text_are_no_store(path: str) -> None:
    answer = asked("GET", f"{path}?store=1%FF")

    assert answer.status_code == 400
    assert [{"parameter": "store", "message": "is not UTF-8, percent-encoded"}] == (
        answer.json()["errors"]
    )


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/export?from=2026-11-21&to=2026-11-22&format=csv", "text/csv"),
        ("/export?from=2026-11-21&to=2026-11-22&format=parquet", "application/vnd.apache.parquet"),
        ("/windows/shop_metrics?format=csv", "text/csv"),
        ("/windows/revenue/last?minutes=5", "application/json"),
        ("/windows/shop_metrics/changes", "text/event-stream"),
    ],
)
def test_head_says_what_comes_and_not_that_it_is_empty(path: str, media_type: str) -> None:
    answer = asked("HEAD", path)

    assert (200, media_type, None) == (
        answer.status_code,
        answer.headers["content-type"].partition(";")[0],
        answer.headers.get("content-length"),
    )


def test_a_conversion_is_found_by_an_id_with_a_slash() -> None:
    answer = asked("GET", "/attribution/checkouts/2026%2F4711?surplus=1")

    assert "urn:tillstream:problem:invalid-parameters" == answer.json()["type"]


def test_only_get_and_head_are_answered() -> None:
    answer = asked("POST", "/receipts")

    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["allow"])
    assert asked("HEAD", "/health/live").status_code == 200


@given(st.data())
def test_a_cursor_that_was_altered_is_no_cursor(data: st.DataObject) -> None:
    question = ReceiptsQuestion(store=("1",))
    cursor = cursor_text(POSITION, question)
    at = data.draw(st.integers(0, len(cursor)))
    altered = cursor[:at] + data.draw(st.text(max_size=2)) + cursor[at + 1 :]

    assert POSITION == position_of(cursor, question)
    if altered != cursor:
        with pytest.raises(ProblemError, match="cursor"):
            position_of(altered, question)


def test_a_cursor_belongs_to_its_question_and_not_to_its_page_size() -> None:
    cursor = cursor_text(POSITION, ReceiptsQuestion(store=("1",), limit=5))

    assert POSITION == position_of(cursor, ReceiptsQuestion(store=("1",), limit=6))
    with pytest.raises(ProblemError, match="cursor"):
        position_of(cursor, ReceiptsQuestion(store=("2",), limit=5))


def test_a_cursor_of_before_is_still_one() -> None:
    asked = {
        "store": ("9", "1"),
        "from": "2026-11-21",
        "to": "2026-11-22T08:00:00",
        "min_total": "1.05",
    }
    question = ReceiptsQuestion.model_validate(asked).placed(StoreTable(BusinessDay(PARIS), {}))
    cursor = "n0Znz9V-nAuTzwAAAaH9HpDivTE3LzIvNDcxMS8yMDI2LTExLTIxIDA4OjAwOjAxqjIwMjYtMTEtMjE"

    assert POSITION == position_of(cursor, question)


def test_the_document_names_every_parameter_and_schema() -> None:
    document = asked("GET", "/openapi.json").json()
    operations = {path: methods["get"] for path, methods in document["paths"].items()}
    parameters = operations["/receipts"]["parameters"]
    named = [each["name"] for each in parameters]
    limit = next(each["schema"] for each in parameters if each["name"] == "limit")

    assert [field.alias or name for name, field in ReceiptsQuestion.model_fields.items()] == named
    of_streams = ("/windows", "/attribution")
    others = {path for path in operations if not path.startswith(of_streams)}
    assert 6 == len(others)
    assert {"get"} == {method for methods in document["paths"].values() for method in methods}
    assert (1, 500) == (limit["minimum"], limit["maximum"])


@pytest.mark.parametrize(
    ("currency", "least", "minor"),
    [(None, "12.50", 1_250), ("EUR", "12.501", 1_251), ("JPY", "12", 12), ("KWD", "-1.25", -1_250)],
)
def test_a_least_total_is_in_the_minor_units_of_its_currency(
    currency: str | None, least: str, minor: int
) -> None:
    asked = {"currency": currency, "min_total": least}
    question = ReceiptsQuestion.model_validate(
        {name: value for name, value in asked.items() if value is not None}
    )

    assert minor == question.min_total_minor
    assert (currency or "EUR") == question.of_currency("EUR").currency
