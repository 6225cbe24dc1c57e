"""What two online shops get wrong is right here: through the door, the worker and MongoDB.

The shop by Faker: views of a year against a watermark of one hour are dropped; a restart doubles;
cancelled orders are sales; `details` is always null; errors of the producer are swallowed.
Customers are counted once here, and averages are of exact sums.

The shop of clicks and purchases: an inner join, so that what nobody clicked is no revenue; the
first click of tumbling ten minutes; equal seconds joined twice, which ends every query; money as
doubles. (Its retention never runs: tests/unit/events/test_windows_retention.py holds ours.)
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.support.processes import running, running_door
from tests.support.waiting import wait_until
from tillstream.runtime import broker as amqp
from tillstream.streams.events_files import EventsFiles

ROOT = Path(__file__).parents[3]
DATABASE = "ecommerce_website"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def _time(**ago: int) -> str:
    return (NOON - timedelta(**ago)).replace(tzinfo=None).isoformat()


CUSTOMERS = [
    {"customer_id": who, "name": who, "gender": gender, "last_login": _time(hours=hours)}
    for who, gender, hours in (
        *(("a", "Male", 1), ("a", "Male", 2)),
        *(("b", "Male", 3), ("c", "Other", 1)),
    )
]
PRODUCTS = [
    {"product_id": "p", "name": "Rye", "category": "Books", "price": 10.25, "stock_quantity": 7},
    {"product_id": 11, "product_name": "Oats", "category": "Books", "price": 20.5, "brand": "x",
     "commission_rate": 0.125},
]  # fmt: skip
ORDERS = [
    {"transaction_id": n, "customer_id": who, "product_id": "p", "quantity": n, "status": status,
     "date_time": _time(minutes=n), "payment_method": "PayPal"}
    for n, who, status in ((1, "a", "completed"), (2, "a", "pending"), (3, "b", "canceled"))
]  # fmt: skip
VIEWS = [
    {"view_id": f"v{days}", "customer_id": "a", "product_id": 11, "timestamp": _time(days=days),
     "view_duration": 10 + days}
    for days in (0, 364, 123, 200)
]  # fmt: skip
REVIEW = {
    "interaction_id": "i",
    "product_id": "p",
    "timestamp": _time(),
    "interaction_type": "review",
    "details": "Crisp crust",
}
LAST = ORDERS[0] | {"transaction_id": 4, "product_id": "last", "date_time": _time(hours=9)}
WRONG = REVIEW | {"interaction_id": "j", "interaction_type": "stare"}


USERS: list[dict[str, Any]] = [
    {"user_id": 1, "name": "Ann", "gender": "Female"},
    {"user_id": "2", "name": "Ben", "gender": "Male"},
]
GOODS = {"product_id": 21, "product_name": "Oven", "category": "Home", "brand": "x",
         "price": 19.99, "commission_rate": 0.125}  # fmt: skip


def _click(number: int, user: int, source: str, **ago: int) -> dict[str, Any]:
    return {"click_id": number, "user_id": user, "click_time": _time(**ago), "source": source,
            "click_at": "Homepage", "ip": "192.0.2.7"}  # fmt: skip


def _purchase(number: int, user: int, failed: str | None = None, **ago: int) -> dict[str, Any]:
    return {"purchase_id": number, "user_id": user, "product_id": 21, "quantity": 3,
            "shipping_cost": 4.1, "discount": 0.15, "payment_method": "card", "total_cost": 1.0,
            "payment_status": "failure" if failed else "success", "description": failed,
            "purchase_time": _time(**ago)}  # fmt: skip


#: Of user 1 two clicks at one second, before an edge of ten minutes that the purchase is behind.
CLICKS = [
    _click(5, 1, "Tiktok Ads", minutes=31),
    _click(4, 1, "Google Ads", minutes=31),
    _click(6, 1, "Facebook Post", minutes=30),
    _click(7, 1, "Too early", minutes=40),
]
PURCHASES = [
    _purchase(1, 1, minutes=29),
    _purchase(2, 2, minutes=29),
    _purchase(3, 2, "no money", minutes=28),
    _purchase(4, 2, hours=2),
]
#: 19.99 x 3 x 0.85 + 4.10, and an eighth of what is not shipping.
TOTAL, PROFIT = Decimal("55.07450"), Decimal("6.37181250")

WINDOWS = (
    "customer_analysis",
    "product_analysis",
    "product_views_analysis",
    "sales_analysis",
    "transactions_by_status",
)
#: By product, by status and hour, by view, by gender and by category.
ROWS = 2 + 4 + len(VIEWS) + 2 + 2

Sent = dict[str, Sequence[dict[str, Any]]]


class Run(NamedTuple):
    """What stood in MongoDB and Parquet after it."""

    rows: dict[str, list[dict[str, Any]]]
    interactions: list[dict[str, Any]]
    refusal: httpx.Response
    #: Of the shop of clicks: the windows' rows, and the purchases by their id.
    minutes: dict[str, list[dict[str, Any]]]
    purchases: dict[str, dict[str, Any]]


MINUTES = ("revenue", "source_count", "fail_count", "gender_count", "category_count")


def _purchased(archive: Database[dict[str, Any]]) -> bool:
    sources = archive["windows_source_count"].find()
    known = archive["events_checkouts"].count_documents({"missing": None, "gender": {"$ne": None}})
    return known == len(PURCHASES) and sum(row["purchases"] for row in sources) == 4


def _count(database: Database[dict[str, Any]]) -> int:
    return sum(database[name].count_documents({}) for name in WINDOWS)


def _post(url: str, stream: str, events: Sequence[dict[str, Any]]) -> httpx.Response:
    return httpx.post(f"{url}/events/{stream}", json=events, timeout=30)


@pytest.fixture(scope="module")
def run(amqp_url: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    connection = amqp.connect(amqp_url, "tests")
    amqp.declare(connection.channel())
    connection.close()
    folder = tmp_path_factory.mktemp("shop")
    settings = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": "test_shop",
        "DATA_DIR": str(folder),
        "STREAMS_DIR": str(ROOT / "streams"),
    }
    door = {name.replace("AMQP_URL", "amqp_url"): value for name, value in settings.items()}
    sent: Sent = {
        "customers": CUSTOMERS,
        "products": [*PRODUCTS, GOODS],
        "user_interactions": [REVIEW],
        "users": USERS,
        "clicks": CLICKS,
    }
    repeated: Sent = {"transactions": ORDERS, "product_views": VIEWS, "purchases": PURCHASES}
    with MongoClient[dict[str, Any]](mongo_url) as client, running_door(**door) as url:
        client.drop_database(DATABASE)
        found, archive = client[DATABASE], client["test_shop"]
        client.drop_database("test_shop")
        with running("events", "worker", **settings) as worker:
            for stream, events in (sent | repeated).items():
                assert 202 == _post(url, stream, events).status_code
            wait_until(lambda: len(list(found["sales_analysis"].find())) == 1, 60, "sales")
            worker.kill()
            worker.wait(20)
        for stream, events in repeated.items():
            assert 202 == _post(url, stream, events).status_code
        refusal = _post(url, "user_interactions", [WRONG])
        # What is sent last is counted last.
        assert 202 == _post(url, "transactions", [LAST]).status_code
        with running("events", "worker", **settings):
            wait_until(lambda: _count(found) == ROWS, 60, "every row of the windows")
            wait_until(lambda: _purchased(archive), 60, "every purchase")
        minutes = {name: list(archive[f"windows_{name}"].find()) for name in MINUTES}
        purchases = {row["_id"]: row for row in archive["events_checkouts"].find()}
        rows = {name: list(found[name].find()) for name in WINDOWS}
        client.drop_database(DATABASE)
        client.drop_database("test_shop")
    kept = EventsFiles(str(folder / "parquet"), "user_interactions")
    interactions: list[dict[str, Any]] = []
    for one in kept.manifest().files:
        with kept.opened(one) as opened:
            interactions += pq.ParquetFile(opened).read().to_pylist()
    return Run(rows, interactions, refusal, minutes, purchases)


def _rows(run: Run, window: str, *names: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in names) for row in run.rows[window]), key=repr)


def test_cancelled_orders_are_no_sales_and_are_reported_by_status(run: Run) -> None:
    names = ("product_id", "number_of_sales", "total_quantity_sold", "unique_customers")
    by_status = _rows(run, "transactions_by_status", "status", "transactions", "quantity")

    assert [("last", 1, 1, 1), ("p", 2, 3, 1)] == _rows(run, "sales_analysis", *names)
    assert [("canceled", 1, 3), ("completed", 1, 1), ("completed", 1, 1), ("pending", 1, 2)] == (
        by_status
    )


def test_views_of_a_whole_year_count(run: Run) -> None:
    found = _rows(run, "product_views_analysis", "product_id", "total_views")

    assert [("11", 1)] * len(VIEWS) == found
    starts = {row["window"]["start"] for row in run.rows["product_views_analysis"]}
    assert len(VIEWS) == len(starts)


def test_a_worker_that_is_killed_and_a_sender_that_repeats_double_nothing(run: Run) -> None:
    orders = [row["transactions"] for row in run.rows["transactions_by_status"]]
    views = [row["total_views"] for row in run.rows["product_views_analysis"]]

    assert (len(ORDERS) + 1, len(VIEWS)) == (sum(orders), sum(views))


def test_customers_are_counted_once_by_the_day_of_their_login(run: Run) -> None:
    names = ("gender", "total_customers", "last_activity")
    expected = [
        ("Male", 2, (NOON - timedelta(hours=1)).replace(tzinfo=None)),
        ("Other", 1, (NOON - timedelta(hours=1)).replace(tzinfo=None)),
    ]

    assert expected == _rows(run, "customer_analysis", *names)


def test_an_average_is_of_an_exact_sum_over_both_forms_of_a_product(run: Run) -> None:
    found = _rows(run, "product_analysis", "category", "total_stock", "average_price")

    assert [("Books", 7, 15.375), ("Home", 0, 19.99)] == found


def test_details_of_a_review_are_there(run: Run) -> None:
    assert ["Crisp crust"] == [event["details"] for event in run.interactions]


def test_what_is_refused_is_told_to_its_sender(run: Run) -> None:
    problem = run.refusal.json()

    assert 422 == run.refusal.status_code, problem


def test_purchases_without_a_click_count_in_revenue_failures_and_gender(run: Run) -> None:
    revenue = [row["purchases"] for row in run.minutes["revenue"]]
    failures = [(row["reason"], row["failures"]) for row in run.minutes["fail_count"]]
    genders = Counter[str]()
    for row in run.minutes["gender_count"]:
        genders[row["gender"]] += row["purchases"]

    assert [1, 2] == sorted(revenue)
    assert [("no money", 1)] == failures
    assert {"Female": 1, "Male": 3} == dict(genders)


def test_the_first_click_is_found_across_every_edge(run: Run) -> None:
    sources = Counter[str | None]()
    for row in run.minutes["source_count"]:
        sources[row["source"]] += row["purchases"]

    assert {"Google Ads": 1, None: 3} == dict(sources)


def test_two_clicks_of_one_second_are_one_purchase(run: Run) -> None:
    purchase = run.purchases["1"]

    assert ("4", 3) == (purchase["click_id"], purchase["touches"])
    assert {str(one["purchase_id"]) for one in PURCHASES} == run.purchases.keys()


def test_money_is_exact_to_the_last_place(run: Run) -> None:
    row = max(run.minutes["revenue"], key=lambda row: row["start"])
    purchase = run.purchases["1"]

    assert (TOTAL, PROFIT) == tuple(purchase[name].to_decimal() for name in ("total", "profit"))
    assert (2 * TOTAL, 2 * PROFIT) == tuple(
        row[name].to_decimal() for name in ("revenue", "profit")
    )
