"""What vendors send beside the plain sale: each comes to what the vendor says that was sold."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.mapping.documents import MappingError
from tests.support.vendor_orders import Payload, gross, posted, sample, tenders
from tillstream.receivers.definition import Receiver

WOO = sample("woocommerce", "refund")
PENDING = {
    "woocommerce": (WOO, "date_modified_gmt", "2026-11-21T{}", {"status": "on-hold"}),
    "odoo": (sample("odoo", "tip"), "write_date", "2026-11-21 {}.0", {"state": "draft"}),
    "lightspeed": (sample("lightspeed", "tip"), "updated_at", "2026-11-21T{}Z", {"status": "OPEN"}),
}


@pytest.mark.parametrize("name", PENDING)
def test_a_sale_that_is_none_any_more_is_taken_back_in_whatever_order_it_comes(
    receivers: Mapping[str, Receiver], name: str
) -> None:
    order, changed, form, pending = PENDING[name]
    paid = order | {changed: form.format("09:10:00")}
    again = order | {changed: form.format("09:30:00")}
    reopened = order | pending | {changed: form.format("09:20:00")}
    receiver = receivers[name]
    whole = gross(posted(receiver, paid))

    assert whole > 0
    assert 0 == gross(posted(receiver, paid, reopened)) == gross(posted(receiver, reopened, paid))
    assert whole == gross(posted(receiver, paid, reopened, again))
    # Of one second the sale that was paid is the newer one.
    same = reopened | {changed: paid[changed]}
    assert whole == gross(posted(receiver, paid, same)) == gross(posted(receiver, same, paid))


def woo(**changes: Any) -> Payload:
    fee = {"id": 5, "name": "Tip", "total": "2.00", "total_tax": "0.40", "taxes": []}
    fees = {"fee_lines": [fee]} if changes.pop("taxed_tip", False) else {}
    return WOO | fees | changes


def test_a_guest_of_woocommerce_is_no_customer(receivers: Mapping[str, Receiver]) -> None:
    [known] = posted(receivers["woocommerce"], woo())
    [guest] = posted(receivers["woocommerce"], woo(customer_id=0))

    assert ("25", None) == (str(known["customerID"]), guest["customerID"])


def test_a_rate_of_which_a_line_has_no_tax_is_not_its_rate(
    receivers: Mapping[str, Receiver],
) -> None:
    # As the editor of orders saves them: each rate of the order in each line.
    first, second = WOO["line_items"]
    none = {"total": "", "subtotal": ""}
    lines = [
        first | {"taxes": [*first["taxes"], {"id": 2} | none]},
        second | {"taxes": [{"id": 1} | none, *second["taxes"]]},
    ]

    [receipt] = posted(receivers["woocommerce"], woo(line_items=lines))

    assert [Decimal("5.5"), 10] == [one["taxPercentage"] for one in receipt["lines"]]


def test_a_tip_with_tax_is_no_revenue_with_its_tax(receivers: Mapping[str, Receiver]) -> None:
    [receipt] = posted(receivers["woocommerce"], woo(taxed_tip=True, total="12.10"))

    assert [("CARD", "12.1"), ("tip", "-2.4")] == tenders(receipt)


def test_a_cent_a_line_is_rounding_and_more_is_a_mistake(
    receivers: Mapping[str, Receiver],
) -> None:
    [receipt] = posted(receivers["woocommerce"], woo(total="9.68"))

    assert [("CARD", "9.68"), ("rounding", "0.02")] == tenders(receipt)
    with pytest.raises(MappingError, match=r"add up to 9\.67"):
        posted(receivers["woocommerce"], woo(total="9.67"))


def test_a_refund_of_nothing_has_no_tax(receivers: Mapping[str, Receiver]) -> None:
    free = WOO["line_items"][0] | {"total": "0.00", "total_tax": "0.00"}
    refund = {"id": 1, "reason": "", "total": "-0.00"}
    order = woo(total="0.00", total_tax="0.00", line_items=[free], refunds=[refund])

    assert [0, 0] == [one["documentTotal"]["taxPayable"] for one in posted(
        receivers["woocommerce"], order
    )]  # fmt: skip


def test_an_amount_that_was_typed_at_square_has_no_name(
    receivers: Mapping[str, Receiver],
) -> None:
    answer = sample("square", "tip")
    line = answer["order"]["line_items"][0]
    del line["name"], line["catalog_object_id"]
    line["item_type"] = "CUSTOM_AMOUNT"

    [receipt] = posted(receivers["square"], answer)

    assert "CUSTOM_AMOUNT" == receipt["lines"][0]["productDescription"]


def test_a_service_charge_and_a_tip_that_square_pays_back_are_told(
    receivers: Mapping[str, Receiver],
) -> None:
    def euros(cents: int) -> dict[str, Any]:
        return {"amount": cents, "currency": "EUR"}

    answer = sample("square", "refund", 3)
    [returned] = answer["order"]["returns"]
    charge = {"uid": "s", "total_money": euros(100), "total_tax_money": euros(0)}
    returned["return_service_charges"] = [charge]
    returned["return_amounts"] = {"tip_money": euros(50)}
    answer["order"]["refunds"][0]["amount_money"] = euros(280)

    [receipt] = posted(receivers["square"], answer)

    assert Decimal("-2.3") == receipt["documentTotal"]["grossTotal"]
    assert [("refund", "-2.8"), ("tip", "0.5")] == tenders(receipt)


def test_false_is_no_name(receivers: Mapping[str, Receiver]) -> None:
    order = sample("odoo", "tip")
    order["x_tillstream"] |= {"customer": False, "employee": False}

    [receipt] = posted(receivers["odoo"], order)

    assert (None, None) == (receipt["customerID"], receipt["agentID"])


def test_square_s_service_charge_that_is_in_its_lines_counts_once(
    receivers: Mapping[str, Receiver],
) -> None:
    answer = sample("square", "tip")
    charge = {"uid": "s", "name": "Bag", "total_money": {"amount": 50, "currency": "EUR"}}
    in_lines = charge | {"treatment_type": "APPORTIONED_TREATMENT"}

    answer["order"]["service_charges"] = [in_lines]
    [receipt] = posted(receivers["square"], answer)

    assert Decimal("8.2") == receipt["documentTotal"]["grossTotal"]


def test_cash_that_square_rounds_is_rounding_in_a_sale_and_in_a_return(
    receivers: Mapping[str, Receiver],
) -> None:
    def euros(cents: int) -> dict[str, Any]:
        return {"amount": cents, "currency": "EUR"}

    sold, back = sample("square", "sale"), sample("square", "refund", 3)
    sold["order"]["tenders"][0]["amount_money"] = euros(425)
    sold["order"]["rounding_adjustment"] = {"amount_money": euros(5)}
    back["order"]["refunds"][0]["amount_money"] = euros(125)
    back["order"]["returns"][0]["rounding_adjustment"] = {"amount_money": euros(-5)}

    [sale], [returned] = posted(receivers["square"], sold), posted(receivers["square"], back)

    assert ("rounding", "-0.05") in tenders(sale)
    assert [("refund", "-1.25"), ("rounding", "-0.05")] == tenders(returned)


def test_a_cent_that_lightspeed_rounds_is_not_on_account(
    receivers: Mapping[str, Receiver],
) -> None:
    order = sample("lightspeed", "sale")
    order["register_sale_payments"][0]["amount"] = "4.19"

    [receipt] = posted(receivers["lightspeed"], order)

    assert ("rounding", "0.01") in tenders(receipt)
