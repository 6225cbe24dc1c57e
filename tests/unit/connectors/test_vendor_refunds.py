"""What Shopify and Square pay back beside lines of goods counts as the money did when it came."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.support.vendor_orders import Payload, gross, posted, sample, tenders
from tillstream.receivers.definition import Receiver

#: The order of the sample after its refund: 9.70, one croissant of 1.30 given back.
ORDER = sample("shopify", "refund", 3)
CROISSANT = ORDER["refunds"][0]["refund_line_items"][0]


def order(paid: str, lines: list[Payload], currency: str = "EUR", **refund: Any) -> Payload:
    """The order with one refund, of which `paid` was paid back."""
    transaction = {"kind": "refund", "status": "success", "gateway": "CARD", "amount": paid}
    changed = {
        "refund_line_items": lines,
        "transactions": [transaction | {"currency": currency}] if paid else [],
    }
    return ORDER | {"refunds": [ORDER["refunds"][0] | changed | refund]}


def adjustment(kind: str, amount: str, tax: str = "0.00") -> Payload:
    """As API 2026-07 sends it."""

    def money(said: str) -> Payload:
        return {"shop_money": {"amount": said, "currency_code": "EUR"}}

    return {"kind": kind, "reason": kind, "amount_set": money(amount), "tax_amount_set": money(tax)}


SHIPPING = adjustment("shipping_refund", "-5.00", "-1.00")


def refund_of(receiver: Receiver, payload: Payload) -> Payload:
    [_, refund] = posted(receiver, payload)
    return refund


@pytest.mark.parametrize(
    ("paid", "lines", "adjustments", "counts"),
    [
        ("6.00", [], [SHIPPING], "-6"),
        ("7.30", [CROISSANT], [SHIPPING], "-7.3"),
        ("2.00", [], [adjustment("refund_discrepancy", "-2.00")], "-2"),
        # Less than the line was paid back: the shop kept the rest.
        ("1.00", [CROISSANT], [adjustment("refund_discrepancy", "0.30")], "-1"),
    ],
)
def test_what_is_paid_back_beside_lines_counts(
    receivers: Mapping[str, Receiver],
    paid: str,
    lines: list[Payload],
    adjustments: list[Payload],
    counts: str,
) -> None:
    receipt = refund_of(receivers["shopify"], order(paid, lines, order_adjustments=adjustments))

    assert Decimal(counts) == receipt["documentTotal"]["grossTotal"]
    assert [("CARD", counts)] == tenders(receipt)


def test_shipping_is_paid_back_once_however_it_is_told(receivers: Mapping[str, Receiver]) -> None:
    line = {
        "subtotal_amount_set": {"shop_money": {"amount": "6.00"}},
        "shipping_line": {"title": "Courier", "tax_lines": [{"rate": 0.2}]},
    }
    both = order("6.00", [], order_adjustments=[SHIPPING], refund_shipping_lines=[line])
    alone = order("6.00", [], order_adjustments=[], refund_shipping_lines=[line])

    totals = [refund_of(receivers["shopify"], one)["documentTotal"] for one in (both, alone)]

    assert [{"grossTotal": -6, "netTotal": -5, "taxPayable": -1}] * 2 == totals


def test_a_refund_that_is_not_paid_yet_takes_nothing_back(
    receivers: Mapping[str, Receiver],
) -> None:
    waits = adjustment("refund_discrepancy", "1.30")

    receipt = refund_of(receivers["shopify"], order("", [CROISSANT], order_adjustments=[waits]))

    assert (0, []) == (receipt["documentTotal"]["grossTotal"], tenders(receipt))


def test_money_that_is_paid_back_in_the_buyer_s_currency_is_no_euros(
    receivers: Mapping[str, Receiver],
) -> None:
    abroad = order("2.10", [CROISSANT], currency="CAD") | {"presentment_currency": "CAD"}

    assert [("CARD", "-1.3")] == tenders(refund_of(receivers["shopify"], abroad))


@pytest.mark.parametrize(
    ("marked", "name"), [({"gift_card": True}, "gift card sold"), ({"tip": {"x": 1}}, "tip")]
)
def test_what_was_no_revenue_is_none_when_it_is_paid_back(
    receivers: Mapping[str, Receiver], marked: Payload, name: str
) -> None:
    line = CROISSANT | {
        "line_item": CROISSANT["line_item"] | marked, "subtotal": "25.00", "total_tax": "0.00"
    }  # fmt: skip

    receipt = refund_of(receivers["shopify"], order("25.00", [line]))

    assert 0 == receipt["documentTotal"]["grossTotal"]
    assert [("CARD", "-25"), (name, "25")] == tenders(receipt)


def test_a_gift_card_that_square_takes_back_is_no_revenue(
    receivers: Mapping[str, Receiver],
) -> None:
    answer = sample("square", "refund", 3)
    answer["order"]["returns"][0]["return_line_items"][0]["item_type"] = "GIFT_CARD"

    receipts = posted(receivers["square"], answer)

    assert 0 == gross(receipts)
    assert [("refund", "-1.3"), ("gift card sold", "1.3")] == tenders(receipts[0])
