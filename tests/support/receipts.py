"""Receipts for the tests: small, valid, with totals that are known."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from tillstream.receipt import StampedReceipt

CATEGORIES = ("Pain", "Viennoiserie", "Boisson", "Menu")


def receipt(number: int = 1, /, *, cents: int = 600, **changes: Any) -> dict[str, Any]:
    """A receipt as a till sends it: one line of `cents` gross, without tax."""
    amount = cents / 100
    fields: dict[str, Any] = {
        "cashReceiptID": number,
        "storeID": 1,
        "terminalID": 1,
        "agentID": 1,
        "customerID": None,
        "date": "2026-11-21 08:00:01",
        "lines": [line(cents)],
        "documentTotal": {"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
        "settlements": [{"paymentMechanism": "CB", "settlementAmount": amount}],
    }
    return fields | changes


def line(cents: int = 600, category: str = "Pain", quantity: float = 1) -> dict[str, Any]:
    """A line of `cents` gross and net."""
    return {
        "lineNumber": 1,
        "productCode": "00000011",
        "productDescription": "Baguette",
        "productCategoryCode": "E",
        "productCategoryName": category,
        "quantity": quantity,
        "unitOfMeasure": "piece",
        "unitPrice": cents / 100,
        "creditAmount": cents / 100,
        "taxPercentage": 0,
        "settlementAmount": cents / 100,
    }


def encoded(fields: dict[str, Any]) -> bytes:
    """The receipt as JSON."""
    return msgspec.json.encode(fields)


def stamped(fields: dict[str, Any], received_time: float = 1_795_000_000.0) -> bytes:
    """The receipt as the door publishes it."""
    return encoded(fields | {"receivedTime": received_time})


def decoded(fields: dict[str, Any]) -> StampedReceipt:
    """The receipt as a worker sees it."""
    return msgspec.json.decode(stamped(fields), type=StampedReceipt)


#: Receipts of several tills, days and categories; amounts of either sign.
receipts = st.builds(
    lambda number, till, day, category, cents: receipt(
        number,
        cents=cents,
        terminalID=till,
        date=f"2026-11-{day:02d} 08:00:01",
        lines=[line(cents, category)],
    ),
    number=st.integers(0, 30),
    till=st.integers(1, 3),
    day=st.integers(18, 22),
    category=st.sampled_from(CATEGORIES),
    cents=st.integers(-100_000, 10_000_000),
)
