"""Questions to the archive, before it is asked: parameters and cursors."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.api.cursor import Position, cursor_text, position_of
from persistence.api.openapi import document
from persistence.api.parameters import RECEIPTS_PARAMETERS, ReceiptsQuestion, receipts_question
from tillstream.clock import BusinessDay
from tillstream.http.problems import ProblemError
from tillstream.stores import StoreTable

PARIS = ZoneInfo("Europe/Paris")
TABLE = StoreTable(BusinessDay(PARIS), {"9": BusinessDay(ZoneInfo("Indian/Reunion"), 4)})
POSITION = Position(
    datetime(2026, 11, 21, 8, 0, 1, 250_000, UTC), "17/2/4711/2026-11-21 08:00:01", "2026-11-21"
)


@pytest.mark.parametrize(
    ("stores", "zone"),
    [([], PARIS), (["9"], ZoneInfo("Indian/Reunion")), (["9", "1"], PARIS)],
)
def test_a_time_is_of_the_store_that_is_asked_about_and_a_day_is_of_each(
    stores: list[str], zone: ZoneInfo
) -> None:
    named = [("store", store) for store in stores]
    of_times = receipts_question([("from", "2026-11-21T04:00:00"), *named], TABLE)
    of_days = receipts_question([("from", "2026-11-21"), *named], TABLE)

    assert (datetime(2026, 11, 21, 4, tzinfo=zone), None) == (of_times.start, of_times.first_day)
    assert (None, date(2026, 11, 21)) == (of_days.start, of_days.first_day)


def test_everything_that_does_not_hold_is_told_at_once() -> None:
    pairs = [
        ("from", "2026-11-22"),
        ("to", "2026-11-22"),
        ("min_total", "1e3"),
        ("limit", "0"),
        ("sort", "price"),
        ("till", ""),
        ("payment", "CB"),
        ("payment", "Especes"),
        ("colour", "red"),
        *(("store", str(number)) for number in range(51)),
    ]

    with pytest.raises(ProblemError) as caught:
        receipts_question(pairs, TABLE)

    named = {fault.parameter for fault in caught.value.members["errors"]}
    assert {"to", "min_total", "limit", "sort", "till", "payment", "colour", "store"} == named


@given(st.data())
def test_a_cursor_that_was_altered_is_no_cursor(data: st.DataObject) -> None:
    question = ReceiptsQuestion(stores=("1",))
    cursor = cursor_text(POSITION, question)
    at = data.draw(st.integers(0, len(cursor)))
    altered = cursor[:at] + data.draw(st.text(max_size=2)) + cursor[at + 1 :]

    assert POSITION == position_of(cursor, question)
    if altered != cursor:
        with pytest.raises(ProblemError, match="cursor"):
            position_of(altered, question)


def test_a_cursor_belongs_to_its_question_and_not_to_its_page_size() -> None:
    cursor = cursor_text(POSITION, ReceiptsQuestion(stores=("1",), limit=5))

    assert POSITION == position_of(cursor, ReceiptsQuestion(stores=("1",), limit=6))
    with pytest.raises(ProblemError, match="cursor"):
        position_of(cursor, ReceiptsQuestion(stores=("2",), limit=5))


def test_the_document_names_every_parameter() -> None:
    named = [each["name"] for each in document()["paths"]["/receipts"]["get"]["parameters"]]

    assert sorted(RECEIPTS_PARAMETERS) == sorted(named)
