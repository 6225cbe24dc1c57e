"""Two sales of a vendor are never one: not by their keys, and not by what a form or a flag says."""

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors.mapping.documents import MappingError, SaleState
from connectors.mapping.mapper import mapped
from connectors.mapping.payload import payload
from tillstream.receivers.definitions_file import load
from tillstream.receivers.delivery import Delivery
from tillstream.runtime.product import CODE

GENERIC = load(CODE / "receivers")["generic"]
SOLD: dict[str, Any] = {
    "cashReceiptID": "1", "storeID": "17", "terminalID": "1", "agentID": None, "customerID": None,
    "date": "2026-11-21T09:12:30+01:00",
    "lines": [], "settlements": [],
    "documentTotal": {"netTotal": 0, "taxPayable": 0, "grossTotal": 0},
}  # fmt: skip


def state(**fields: Any) -> SaleState:
    body = json.dumps(SOLD | fields, default=float).encode()
    [found] = mapped(GENERIC, Delivery("generic", "", "", "", 0, body))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"storeID": "A/B", "terminalID": "C"}, {"storeID": "A", "terminalID": "B/C"}),
        ({"storeID": "A/B/C", "terminalID": "D"}, {"storeID": "A/B", "terminalID": "C/D"}),
        ({"cashReceiptID": "A 1"}, {"cashReceiptID": "A  1"}),
        ({"storeID": "A\u00a0B"}, {"storeID": "A B"}),
    ],
)
def test_two_sales_of_our_own_form_have_two_keys(one: Any, other: Any) -> None:
    first, second = state(**one), state(**other)
    [document], [returned] = first.documents, state(returnOf=SOLD | one).documents.values()

    assert first.sale != second.sale
    assert not first.documents.keys() & second.documents.keys()
    assert document == returned.refers_to


def test_keys_that_were_unlike_before_are_as_they_were() -> None:
    assert "generic/17/1/2026-11-21T09:12:30+01:00/a/1" == state(cashReceiptID="a/1").sale


@pytest.mark.parametrize("no", [0, Decimal("0.0"), "0.00", "-0", False, None, "", "No", [], {}])
def test_a_zero_says_no_however_it_is_written(no: Any) -> None:
    assert state(cancelled=no).documents


@pytest.mark.parametrize("yes", [1, Decimal("0.5"), True, "2026-11-21T09:12:30Z", "true", [0]])
def test_what_is_there_says_yes(yes: Any) -> None:
    assert not state(cancelled=yes).documents


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"payload=%7B%22a%22%3A%22P%E2t%E9%22%7D", "utf-8"),
        (b"payload=%7B%7D&x=1&payload=%7B%7D", "2 fields 'payload'"),
    ],
)
def test_a_form_that_would_lose_something_is_no_payload(body: bytes, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        payload(body, "payload")
