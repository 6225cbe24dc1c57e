"""What is the same receipt, and what is another one under its name."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.receipts import decoded, line, receipt
from tillstream.identity import content_digest, digest_of_key, key_day, key_digest

UUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def test_a_currency_is_part_of_the_content_and_euros_are_what_they_were() -> None:
    contents = {
        currency: content_digest(decoded(receipt(currency=currency))).hex()
        for currency in (None, "EUR", "JPY", "KWD")
    }

    assert "e4bce5929a348ce4" == content_digest(decoded(receipt())).hex()
    assert contents[None] == contents["EUR"] == "e4bce5929a348ce4"
    assert 3 == len(set(contents.values()))


def settled(amount: float, mechanism: str = "CB") -> list[dict[str, Any]]:
    return [{"paymentMechanism": mechanism, "settlementAmount": amount}]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"transactionType": "void"}),
        ({"transactionType": "return"}, {"transactionType": "void"}),
        ({"customerID": None}, {"customerID": "None"}),
        ({"customerID": None}, {"customerID": None, "customerErased": True}),
        ({"agentID": None}, {"agentID": "None"}),
        # Their hashes are the same in Python.
        ({"settlements": settled(-1)}, {"settlements": settled(-2)}),
        ({"lines": [line() | {"quantity": -1}]}, {"lines": [line() | {"quantity": -2}]}),
        ({"lines": [line()]}, {"lines": [line(), line()]}),
        ({"lines": []}, {"settlements": []}),
        # With a UUID the key does not say these.
        ({"receiptUUID": UUID}, {"receiptUUID": UUID, "terminalID": 2}),
        ({"receiptUUID": UUID}, {"receiptUUID": UUID, "cashReceiptID": 2}),
        ({"receiptUUID": UUID}, {"receiptUUID": UUID, "date": "2026-11-22 08:00:01"}),
    ],
)
def test_another_value_of_any_field_is_another_content(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    digests = {content_digest(decoded(receipt() | changes)) for changes in (first, second)}

    assert 2 == len(digests)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"agentID": 1}, {"agentID": "1"}),
        ({"storeID": 1}, {"storeID": "1"}),
        ({"lines": [line() | {"productCode": 11}]}, {"lines": [line() | {"productCode": "11"}]}),
        ({"lines": [line() | {"quantity": 0}]}, {"lines": [line() | {"quantity": -0.0}]}),
        ({"settlements": settled(0)}, {"settlements": settled(-0.0)}),
        (
            {"documentTotal": {"netTotal": 0, "taxPayable": 0, "grossTotal": 0}},
            {"documentTotal": {"netTotal": -0.0, "taxPayable": -0.0, "grossTotal": -0.0}},
        ),
        ({}, {"loyalty": 5}),
    ],
)
def test_another_form_of_a_value_is_the_same_content(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    digests = {content_digest(decoded(receipt() | changes)) for changes in (first, second)}

    assert 1 == len(digests)


amounts = st.floats(-10_000_000, 10_000_000)


@given(amounts, amounts)
def test_amounts_are_the_same_content_when_they_are_equal(first: float, second: float) -> None:
    digests = [
        content_digest(decoded(receipt(lines=[line() | {"unitPrice": price}])))
        for price in (first, second)
    ]

    assert (first == second) == (digests[0] == digests[1])


def test_digests_of_keys_are_in_the_order_of_days() -> None:
    days = ("1900-01-01", "1999-12-31", "2026-11-21", "2026-11-22", "2999-12-31")
    digests = [
        key_digest(decoded(receipt(number, date=f"{day} 08:00:01", receiptUUID=uuid)))
        for day in days
        for number, uuid in ((1, None), (2, "6f9619ff8b86d011b42d00c04fc964ff"))
    ]

    assert [date.fromisoformat(day).toordinal() for day in days for _ in range(2)] == [
        key_day(each) for each in digests
    ]
    assert [key_day(each) for each in sorted(digests)] == [key_day(each) for each in digests]
    assert {16} == {len(each) for each in digests}
    assert len(set(digests)) == len(digests)


def test_what_is_no_key_has_a_digest_of_no_day() -> None:
    assert [0, 0, 0] == [key_day(digest_of_key(each)) for each in ("", "1/1/1", "2026-13-40/1")]


def test_a_uuid_of_another_day_is_another_receipt_and_of_the_same_day_the_same() -> None:
    uuid = "6f9619ff8b86d011b42d00c04fc964ff"
    first, again, after_midnight = (
        key_digest(decoded(receipt(date=text, receiptUUID=uuid)))
        for text in ("2026-11-21 23:59:59", "2026-11-21T22:59:59Z", "2026-11-22 00:00:01")
    )

    assert first == again
    assert first != after_midnight
