"""Lines, taxes, discounts and tenders of any order add up exactly, in every kind of currency."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mapping.documents import MappingError
from connectors.mapping.mapper import mapped
from connectors.mapping.spreading import spread
from tillstream.currencies import exponent_of
from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load
from tillstream.receivers.delivery import Delivery

SHOP = """title = "A shop"
[signature]
scheme = "token"
query = "token"
[sale]
key = "'1'"
version = "'1'"
number = "'1'"
time = "'2026-11-21T08:00:01Z'"
store = "'1'"
currency = "currency"
order_discount = "discount"
rest = "'cash'"
[[sale.lines]]
each = "lines"
name = "'x'"
quantity = "quantity"
price = "price"
discount = "discount"
tax_included = "_sale.included"
tax_rate = "rate"
tax = "tax"
[[sale.tenders]]
each = "paid"
name = "'card'"
amount = "@.amount"
[[sale.not_revenue]]
name = "'tip'"
amount = "tip"
"""


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    currency = draw(st.sampled_from(["JPY", "EUR", "KWD"]))
    exponent = exponent_of(currency)

    def amount(most: int) -> st.SearchStrategy[str]:
        return st.integers(0, most).map(lambda minor: f"{Decimal(minor).scaleb(-exponent):f}")

    line = st.fixed_dictionaries(
        {
            # Eight such lines, a dozen of each, in yen: within the contract's largest amount.
            "price": amount(80_000),
            "quantity": st.sampled_from(["1", "2", "0.333", "12", 0.25]),
            "discount": st.lists(amount(50), max_size=2),
            "rate": st.sampled_from(["0", "5.5", "20", ["5", "9.975"]]),
        },
        optional={"tax": amount(100)},
    )
    lines = draw(st.lists(line, min_size=1, max_size=8))
    lines.append({"price": "900", "quantity": 1, "rate": "10"})
    return {
        "currency": currency,
        "included": draw(st.booleans()),
        "lines": lines,
        "discount": draw(amount(5_000)),
        "paid": [{"amount": each} for each in draw(st.lists(amount(10_000), max_size=3))],
        "tip": draw(amount(900)),
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Receiver:
    folder: Path = tmp_path_factory.mktemp("receivers")
    (folder / "shop.toml").write_text(SHOP)
    return load(folder)["shop"]


@settings(max_examples=150, deadline=None)
@given(order=orders())
def test_lines_taxes_discounts_and_tenders_add_up(shop: Receiver, order: dict[str, Any]) -> None:
    body = json.dumps(order).encode()

    receipt = mapped(shop, Delivery("shop", "", "", "", 0, body))[0].documents["sale/1"].receipt

    lines, total = receipt["lines"], receipt["documentTotal"]
    minor = Decimal(1).scaleb(-exponent_of(order["currency"]))
    net = sum(line["creditAmount"] for line in lines)
    gross = sum(line["settlementAmount"] for line in lines)
    tenders = receipt["settlements"]
    assert net == total["netTotal"]
    assert gross == total["grossTotal"] == net + total["taxPayable"]
    assert gross == sum(each["settlementAmount"] for each in tenders)
    tips = [each["settlementAmount"] for each in tenders if each["paymentMechanism"] == "tip"]
    assert -Decimal(order["tip"]) == sum(tips)
    for amount in (net, gross, *(each["settlementAmount"] for each in tenders)):
        assert amount == amount.quantize(minor)
    # By the vendor's prices: each line is rounded once, the order's discount is taken off whole.
    found = gross if order["included"] else net
    expected = -Decimal(order["discount"])
    for line in order["lines"]:
        less = sum(map(Decimal, line.get("discount", [])))
        amount = Decimal(line["price"]) * Decimal(str(line["quantity"])) - less
        expected += amount.quantize(minor)
    assert expected == found


@given(st.integers(-10_000, 10_000), st.lists(st.integers(0, 1_000), min_size=1))
def test_shares_add_up_and_none_is_a_unit_off_its_proportion(
    amount: int, weights: list[int]
) -> None:
    weights[0] += 1

    shares = spread(amount, weights)

    assert amount == sum(shares)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - amount * weight) < sum(weights)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.sampled_from(["", "x", "-1", "1e30", "9" * 40, "1e-39", "NaN", "\u0000", 1e300, -0.5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["price", "quantity", "amount", "rate", "tax", "discount"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    order=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("lines", "paid", "discount", "tip", "currency"), _JSON),
    )
)
def test_whatever_a_payload_has_it_maps_or_says_why_not(shop: Receiver, order: Any) -> None:
    delivery = Delivery("shop", "", "", "", 0, json.dumps(order).encode())

    with contextlib.suppress(MappingError):
        assert 1 == len(mapped(shop, delivery))
