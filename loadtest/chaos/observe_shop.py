"""Reads what the system holds of the online shop: the purchases and the windows over them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient

from loadtest.chaos.shop_book import Checkout, Revenue, ShopSeen, Sources
from loadtest.chaos.system import DATABASE

MODELS = (
    *("first_touch", "last_touch", "last_non_direct"),
    *("linear", "time_decay", "position_based"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def observe_shop(mongo_url: str) -> ShopSeen:
    """What stands now. Raises PyMongoError."""
    with MongoClient[dict[str, Any]](
        mongo_url, serverSelectionTimeoutMS=2000, socketTimeoutMS=30_000, tz_aware=True
    ) as client:
        database = client[DATABASE]
        checkouts = {
            each["purchase_id"]: _checkout(each) for each in database.events_checkouts.find()
        }
        revenue = {
            _us(each["start"]): Revenue(
                _units(each["revenue"], 5) or 0,
                _units(each["profit"], 8) or 0,
                each["quantity"],
                each["purchases"],
                each["without_product"],
            )
            for each in database.windows_revenue.find()
        }
        sources = {
            (_us(each["start"]), each["source"]): Sources(each["purchases"], each["successful"])
            for each in database.windows_source_count.find()
        }
        shares = Counter[tuple[int, str]]()
        minutes = set[int]()
        for each in database.windows_source_credits.find():
            minutes.add(_us(each["start"]))
            shares.update({(_us(each["start"]), model): each[model] for model in MODELS})
    return ShopSeen(
        checkouts,
        # A minute whose rows were all taken back stands with nothing in it.
        {minute: each for minute, each in revenue.items() if any(each)},
        {place: each for place, each in sources.items() if any(each)},
        {
            minute: tuple(shares[minute, model] for model in MODELS)
            for minute in minutes
            if any(shares[minute, model] for model in MODELS)
        },
    )


def _checkout(row: dict[str, Any]) -> Checkout:
    return Checkout(
        row["user_id"],
        _us(row["purchase_time"]),
        row["click_id"],
        row["source"],
        row["touches"],
        row["gender"],
        _units(row["total"], 5),
        _units(row["profit"], 8),
        tuple(sorted(row["missing"].split(","))) if row["missing"] else (),
        row["is_late"],
    )


def _units(value: Any, places: int) -> int | None:
    """A Decimal128 in units of its last place."""
    return None if value is None else int(value.to_decimal().scaleb(places))


def _us(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)
