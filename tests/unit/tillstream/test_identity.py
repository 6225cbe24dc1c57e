"""What is the same receipt, and what is another one under its name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.receipts import decoded, line, receipt
from tillstream.identity import content_digest

UUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


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
