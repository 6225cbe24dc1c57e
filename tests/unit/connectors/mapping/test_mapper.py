"""A delivery becomes the documents of a sale, as its definition says."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.mapping.documents import Document, Fetch, MappingError, SaleState
from connectors.mapping.mapper import fetch_of, mapped
from tillstream.clock import BusinessDay
from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load
from tillstream.receivers.delivery import Delivery
from tillstream.runtime.product import CODE
from tillstream.stores import Store, StoreTable

HEAD = """title = "A shop"
amounts = "AMOUNTS"
[signature]
scheme = "hmac-sha256"
header = "X-Signature"
[delivery]
topic = "topic"
default_topic = "sale"
[topics]
sale = ["sale", "order.*"]
refund = ["refund"]
ignored = ["order.note", "customer.*"]
apart = ["order.deleted"]
[sale]
key = "id"
version = "updated"
number = "name"
time = "time"
zone = "zone"
store = { find = "place", table = { paris = "7" }, default = "web" }
agent = "seller"
customer = "buyer"
currency = "currency"
cancelled = "cancelled"
pending = "draft"
test = "test"
training = "training"
order_discount = "discounts"
[[sale.lines]]
each = "items[?!is_card]"
name = "name"
code = "sku"
category = { find = "kind", default = "Other" }
quantity = "quantity"
price = "price"
discount = "discounts[].amount"
tax_included = "_sale.tax_included"
tax_rate = "rates"
tax = "tax"
[[sale.lines]]
each = "shipping"
name = "'Shipping'"
category = "'Shipping'"
amount = "@.price"
tax_included = "_sale.tax_included"
tax_rate = "rates"
takes_order_discount = false
[[sale.tenders]]
each = "paid"
name = { find = "by", table = { c = "cash" }, default = "other" }
amount = "amount"
[[sale.not_revenue]]
name = "'tip'"
amount = "tip"
[[sale.not_revenue]]
each = "items[?is_card]"
name = "'gift card sold'"
amount = "times(price, quantity)"
[[sale.not_revenue]]
name = "'rounding'"
amount = "rounding"
[sale.totals]
gross = "total"
[refund]
at = "refunds"
key = "id"
sale = "sale_id"
version = "time"
time = "time"
rest = "'credit'"
[[refund.lines]]
each = "items"
name = "name"
quantity = "quantity"
price = "price"
tax_rate = "rates"
[[refund.tenders]]
each = "paid"
name = "by"
amount = "amount"
"""
SALE: dict[str, Any] = {
    "id": 5,
    "updated": 3,
    "name": "A-5",
    "time": "2026-11-21T08:00:01",
    "zone": "Europe/Paris",
    "place": "paris",
    "items": [{"name": "Bread", "sku": "B", "quantity": 2, "price": "1.50", "rates": ["10"]}],
    "paid": [{"by": "c", "amount": "3.30"}],
}
Map = Callable[..., list[SaleState]]


@pytest.fixture
def shop(tmp_path: Path) -> Receiver:
    (tmp_path / "shop.toml").write_text(HEAD.replace("AMOUNTS", "major"))
    return load(tmp_path)["shop"]


@pytest.fixture
def of(shop: Receiver) -> Map:
    def made(**fields: Any) -> list[SaleState]:
        return mapped(shop, _delivery({**SALE, **fields}))

    return made


def _delivery(content: dict[str, Any], topic: str = "") -> Delivery:
    return Delivery("shop", topic, "", "", 0, json.dumps(content).encode())


def _receipt(states: list[SaleState]) -> dict[str, Any]:
    return states[0].documents["sale/5"].receipt


def _tenders(states: list[SaleState]) -> list[tuple[str, str]]:
    return [
        (each["paymentMechanism"], str(each["settlementAmount"]))
        for each in _receipt(states)["settlements"]
    ]


def _grosses(states: list[SaleState]) -> list[str]:
    return [str(line["settlementAmount"]) for line in _receipt(states)["lines"]]


def test_a_sale_is_the_receipt_of_the_contract(of: Map) -> None:
    expected = SaleState(
        "shop/5",
        3,
        True,
        {
            "sale/5": Document(
                "sale/5",
                {
                    "cashReceiptID": "A-5",
                    "storeID": "7",
                    "terminalID": "shop",
                    "agentID": None,
                    "customerID": None,
                    "date": "2026-11-21T08:00:01+01:00",
                    "lines": [
                        {
                            "lineNumber": 1,
                            "productCode": "B",
                            "productDescription": "Bread",
                            "productCategoryCode": "Other",
                            "productCategoryName": "Other",
                            "quantity": Decimal(2),
                            "unitOfMeasure": "piece",
                            "unitPrice": Decimal("1.5"),
                            "creditAmount": Decimal("3.00"),
                            "taxPercentage": Decimal(10),
                            "settlementAmount": Decimal("3.30"),
                        }
                    ],
                    "documentTotal": {
                        "netTotal": Decimal("3.00"),
                        "taxPayable": Decimal("0.30"),
                        "grossTotal": Decimal("3.30"),
                    },
                    "settlements": [
                        {"paymentMechanism": "cash", "settlementAmount": Decimal("3.30")}
                    ],
                },
                None,
            )
        },
        None,
    )

    assert [expected] == of()


def test_an_included_tax_is_taken_out_and_one_that_is_named_goes_before_the_rate(of: Map) -> None:
    items = [
        {"name": "a", "price": 10, "rates": [20]},
        {"name": "b", "price": 10, "rates": [20], "tax": "1.66"},
    ]

    lines = _receipt(of(items=items, tax_included=True, paid=[{"amount": 20}]))["lines"]

    assert ["8.33", "8.34"] == [str(line["creditAmount"]) for line in lines]


def test_several_rates_of_a_line_are_added_and_several_of_a_sale_stay_apart(of: Map) -> None:
    items = [
        {"name": "a", "price": 100, "rates": ["5", "9.975"]},
        {"name": "b", "price": 100, "rates": ["20"]},
    ]

    lines = _receipt(of(items=items, paid=[{"amount": "234.98"}]))["lines"]

    assert [Decimal("14.975"), 20] == [line["taxPercentage"] for line in lines]
    assert ["114.98", "120.00"] == [str(line["settlementAmount"]) for line in lines]


def test_discounts_of_the_order_are_spread_to_the_cent_and_not_over_shipping(of: Map) -> None:
    items = [{"name": name, "price": 10} for name in "abc"]

    states = of(
        items=items,
        shipping={"price": "4.90"},
        discounts=["0.60", "0.40"],
        paid=[{"amount": "33.90"}],
    )

    assert ["9.66", "9.67", "9.67", "4.90"] == _grosses(states)


def test_what_is_no_revenue_is_paid_and_taken_off_again(of: Map) -> None:
    items = [
        {"name": "Bread", "price": "3.02"},
        {"name": "Card", "is_card": True, "price": 20, "quantity": 2},
    ]

    states = of(items=items, tip="1.00", rounding="-0.02", paid=[{"by": "c", "amount": "44.00"}])

    assert [
        ("cash", "44.00"),
        ("tip", "-1.00"),
        ("gift card sold", "-40.00"),
        ("rounding", "0.02"),
    ] == _tenders(states)


def test_a_tender_without_a_name_of_ours_has_the_default(of: Map) -> None:
    assert [("other", "3.30")] == _tenders(of(paid=[{"by": "x", "amount": "3.30"}]))


@pytest.mark.parametrize(
    ("currency", "price", "gross"),
    [("JPY", "150", "150"), ("KWD", "1.505", "1.505"), ("EUR", 1.5, "1.50"), (None, 3, "3.00")],
)
def test_amounts_have_the_decimals_of_their_currency(
    of: Map, currency: str | None, price: Any, gross: str
) -> None:
    states = of(currency=currency, items=[{"name": "a", "price": price}], paid=[{"amount": price}])

    assert ([gross], currency) == (_grosses(states), _receipt(states).get("currency"))


def test_amounts_without_a_currency_have_the_decimals_of_the_chains(shop: Receiver) -> None:
    content = {**SALE, "items": [{"name": "a", "price": "1.505"}], "paid": [{"amount": "1.505"}]}

    assert ["1.505"] == _grosses(mapped(shop, _delivery(content), currency="KWD"))


def test_minor_units_are_read_as_such(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(HEAD.replace("AMOUNTS", "minor"))
    content = {**SALE, "items": [{"name": "a", "price": 1990}], "paid": [{"amount": 1990}]}

    assert ["19.90"] == _grosses(mapped(load(tmp_path)["shop"], _delivery(content)))


def test_a_float_in_a_payload_stays_the_number_that_was_written(of: Map) -> None:
    items = [{"name": "a", "price": 0.1, "quantity": 3}]

    assert ["0.30"] == _grosses(of(items=items, paid=[{"amount": 0.3}]))


def test_a_cancelled_sale_has_no_documents_and_a_draft_is_none(of: Map) -> None:
    assert [SaleState("shop/5", 3, True, {}, None)] == of(cancelled="2026-11-21")
    assert [SaleState("shop/5", 3, True, {}, None, pending=True)] == of(draft=True)


@pytest.mark.parametrize("name", ["test", "training"])
def test_what_is_no_real_sale_is_apart(of: Map, name: str) -> None:
    assert [name] == [state.apart for state in of(**{name: True})]
    assert [None] == [state.apart for state in of(**{name: "false"})]


REFUND = {
    "id": 9,
    "sale_id": 5,
    "time": "2026-11-22T09:00:00Z",
    "place": "paris",
    "items": [{"name": "Bread", "quantity": 1, "price": "1.50", "rates": ["10"]}],
    "paid": [{"by": "cash", "amount": "1.00"}],
}


def test_a_refund_is_a_return_of_its_own_from_the_order_and_alone(shop: Receiver, of: Map) -> None:
    whole = of(refunds=[REFUND])[0].documents
    alone = mapped(shop, _delivery(REFUND, "refund"))[0]

    assert ["sale/5", "refund/9"] == list(whole)
    assert ("shop/5", False, 1_795_338_000_000_000) == (alone.sale, alone.is_whole, alone.version)
    found = whole["refund/9"]
    assert found == alone.documents["refund/9"]._replace()
    assert "sale/5" == found.refers_to
    assert ("9", "7", "2026-11-22T09:00:00+00:00") == tuple(
        found.receipt[name] for name in ("cashReceiptID", "storeID", "date")
    )
    assert [(-1, Decimal("-1.65"))] == [
        (line["quantity"], line["settlementAmount"]) for line in found.receipt["lines"]
    ]
    assert [("cash", Decimal("-1.00")), ("credit", Decimal("-0.65"))] == [
        (each["paymentMechanism"], each["settlementAmount"])
        for each in found.receipt["settlements"]
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"total": "3.18"},
            "total-gross at sale.totals.gross: the vendor says 3.18, ",
        ),
        ({"paid": []}, "tenders at sale.tenders: the tenders add up to 0.00, the lines to 3.30"),
        ({"time": "soon"}, "time at sale.time: time finds 'soon'"),
        ({"zone": "Paris"}, "zone at sale.time: no zone 'Paris'"),
        ({"id": None}, "missing at sale.key: id finds nothing"),
        ({"currency": "EURO"}, "currency at sale.currency: 'EURO' is not"),
        ({"items": [{"name": "a", "price": "1,50"}]}, "type at sale.lines.price: price finds"),
        (
            {"items": [{"name": "a", "price": 1, "rates": 101}]},
            "contract at $.lines[0].taxPercentage",
        ),
        ({"items": [{"name": "a", "price": "9" * 39}]}, "number at sale: an amount beyond all"),
        ({"topic": "stock"}, "topic at topics: no list has 'stock'"),
        ({"topic": "order.deleted"}, "topic at topics.apart: 'order.deleted' is set aside"),
        ({"refunds": [REFUND, REFUND]}, "key at refund.key: refund/9 comes twice"),
        ({"name": "9" * 65}, "longer than 64 characters"),
        ({"items": [], "discounts": 1}, "order-discount at sale.order_discount: 1"),
    ],
)
def test_what_cannot_be_mapped_says_where_and_what(
    of: Map, fields: dict[str, Any], said: str
) -> None:
    if "101" in json.dumps(fields):
        fields = {**fields, "paid": [{"amount": "2.01"}]}

    with pytest.raises(MappingError) as error:
        of(**fields)

    assert said in str(error.value)


def test_a_name_that_was_cut_within_an_emoji_keeps_the_rest_of_it(of: Map) -> None:
    items = [{"name": "Pain \U0001f35e \ud83c", "price": 3, "rates": 10}]

    receipt = _receipt(of(items=items))

    assert "Pain \U0001f35e \ufffd" == receipt["lines"][0]["productDescription"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 70 + b"]" * 70, "nested more than 64 levels"),
        (b'{"id": ' + b"9" * 50 + b"}", "more than 40 digits"),
        (b'{"id": 1e999}', "more than 40 digits"),
        (b'{"id": NaN}', "NaN is no number"),
        (b"\xff", "payload at $"),
        (b"1", "neither an object nor a list"),
    ],
)
def test_a_body_beyond_the_bounds_is_no_payload(shop: Receiver, body: bytes, said: str) -> None:
    with pytest.raises(MappingError, match="payload") as error:
        mapped(shop, Delivery("shop", "", "", "", 0, body))

    assert said in str(error.value)


def test_an_ignored_topic_says_nothing_and_an_exact_name_goes_before_a_pattern(of: Map) -> None:
    assert [] == of(topic="order.note")
    assert 1 == len(of(topic="order.paid"))


def test_a_store_is_looked_up_by_its_name(tmp_path: Path) -> None:
    text = HEAD.replace("AMOUNTS", "major")
    text = text.replace("table = { paris", "in_stores = true, table = {x")
    (tmp_path / "shop.toml").write_text(text)
    table = StoreTable(BusinessDay(ZoneInfo("UTC")), {}, {"12": Store("12", "paris")})
    shop = load(tmp_path)["shop"]
    found = [
        _receipt(mapped(shop, _delivery({**SALE, "place": place}), table))["storeID"]
        for place in ("paris", "12", "rome")
    ]

    assert ["12", "12", "web"] == found


def test_what_only_names_an_id_is_asked_of_the_vendor() -> None:
    square = load(CODE / "receivers")["square"]
    content = {"type": "payment.updated", "data": {"object": {"payment": {"order_id": "a/b"}}}}
    delivery = Delivery("square", "", "", "", 0, json.dumps(content).encode())

    found = fetch_of(
        square, delivery, {"RECEIVER_SQUARE_TOKEN": "t", "RECEIVER_SQUARE_BASE": "http://h/"}
    )

    assert isinstance(found, Fetch)
    assert ("http://h/v2/orders/a%2Fb", "Bearer t") == (found.url, found.headers["Authorization"])
    with pytest.raises(MappingError, match="RECEIVER_SQUARE_TOKEN is not set"):
        fetch_of(square, delivery, {})
