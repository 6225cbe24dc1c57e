"""What the systems that are taken over send goes through the door as it is."""

from typing import Any

import msgspec
import pytest

from entrypoint.events.body import READERS, Most
from entrypoint.events.contract import Contract
from entrypoint.events.reading import ReadEvents
from tests.support.event_formats import NOW_US
from tests.support.shop_events import definitions
from tillstream.codec import JSON

MOST = Most(100, 2**20)
UUID = "72d76fde-8bb3-4e00-8c23-a032dfed738c"
CLICK: dict[str, Any] = {
    "click_id": 1, "user_id": 2, "click_time": "2026-03-01 12:00:00.123456",
    "click_at": "Homepage", "source": "Unknown", "ip": "10.0.0.1",
}  # fmt: skip
PURCHASE: dict[str, Any] = {
    "purchase_id": 1, "user_id": 2, "product_id": 3, "shipping_cost": 12.5, "discount": 0.15,
    "total_cost": 53.97, "payment_method": "Credit Card", "quantity": 3,
    "payment_status": "failure", "description": None, "purchase_time": "2026-03-01T12:05:00",
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    "product_id": 3, "product_name": "Oven", "category": "Home", "brand": "x", "price": 12.5,
    "commission_rate": 0.05,
}  # fmt: skip
#: Texts and integers as ids, times without an offset, whole numbers and nulls, fields left out.
MESSAGES: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"customer_id": UUID, "name": "Ann", "email": "ann@example.org", "location": "Ghent",
         "age": 18, "gender": "Other", "account_created": "2025-03-01",
         "last_login": "2026-02-28T23:59:59.000001"},
        {"customer_id": UUID, "last_login": "2026-02-28T23:59:59", "gender": None},
    ],
    "products": [
        {"product_id": UUID, "name": "Rye", "category": "Home & Garden", "price": 10.1,
         "stock_quantity": 0, "supplier": "x", "rating": 1.0},
        PRODUCT, PRODUCT | {"price": 500, "commission_rate": 0.1}, PRODUCT | {"price": 0.1},
    ],
    "transactions": [
        {"transaction_id": UUID, "customer_id": UUID, "product_id": UUID, "quantity": 5,
         "date_time": "2026-02-28T23:59:59", "status": "canceled", "payment_method": "PayPal"},
    ],
    "product_views": [
        {"view_id": UUID, "customer_id": UUID, "product_id": UUID,
         "timestamp": "2026-02-28T23:59:59", "view_duration": seconds}
        for seconds in (10, 12.5, 0.1)
    ],
    "user_interactions": [
        {"interaction_id": UUID, "customer_id": UUID, "product_id": UUID,
         "timestamp": "2026-02-28T23:59:59", "interaction_type": type_, "details": details}
        for type_, details in (("wishlist_addition", None), ("review", "Crisp"), ("rating", 5))
    ],
    "system_logs": [
        {"log_id": UUID, "timestamp": "2026-02-28T23:59:59", "level": level, "message": "x"}
        for level in ("INFO", "error")
    ],
    "clicks": [CLICK, CLICK | {"user_id": UUID, "click_at": "Product", "source": "Tiktok Ads"}],
    "purchases": [
        PURCHASE, PURCHASE | {"payment_status": "success", "discount": 0, "shipping_cost": 0.1},
        PURCHASE | {"description": "Insufficient funds", "discount": 0.05, "total_cost": None},
    ],
    "users": [
        {"user_id": 2, "name": "Ann", "email": "a@example.org", "gender": "female",
         "birth_day": "1990-02-28", "location": None, "phone": "+32 9 1",
         "registration_date": "2024-01-01"},
    ],
    "shop": [
        {"event_time": "2019-10-01 00:00:00 UTC", "event_type": "view", "product_id": 44600062,
         "category_id": 2103807459595387724, "category_code": "", "brand": "shiseido",
         "price": 35.79, "user_id": 541312140, "user_session": UUID},
    ],
}  # fmt: skip


def _read(stream: str, events: list[dict[str, Any]]) -> ReadEvents:
    contract = Contract(definitions().streams[stream])
    return READERS[JSON](contract, msgspec.json.encode(events), NOW_US, MOST)


@pytest.mark.parametrize("stream", MESSAGES)
def test_every_message_is_taken_as_it_is(stream: str) -> None:
    found = _read(stream, MESSAGES[stream])

    assert [] == list(found.refusals)
    assert len(MESSAGES[stream]) == found.events.num_rows


@pytest.mark.parametrize(
    ("stream", "event", "field", "places"),
    [
        ("products", PRODUCT, "price", 2),
        ("products", PRODUCT, "commission_rate", 3),
        ("purchases", PURCHASE, "total_cost", 2),
        ("purchases", PURCHASE, "shipping_cost", 2),
    ],
)
def test_a_float_with_too_many_places_is_told_with_the_cure(
    stream: str, event: dict[str, Any], field: str, places: int
) -> None:
    [refused] = _read(stream, [event | {field: 0.1 + 0.2}]).refusals
    said = str(refused)

    assert f"0.30000000000000004 has more than {places} decimal places; round it" in said
    assert field in said
