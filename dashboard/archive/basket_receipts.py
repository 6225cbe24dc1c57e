"""Reads which products the newest receipts of a business day have, for the pairs."""

from collections.abc import Collection
from typing import NamedTuple

from pymongo import MongoClient

from dashboard.archive import pipelines
from tillstream.archive import RECEIPTS, Document

#: Receipts that are read at most, and how long MongoDB may take, ms.
MOST_RECEIPTS = 20_000
QUERY_TIMEOUT_MS = 1_500


class Baskets(NamedTuple):
    """The products of each receipt, and when the oldest and the newest were sold, Unix seconds."""

    products: list[list[str]]
    first: float | None
    last: float | None


def newest(
    client: MongoClient[Document], database: str, day: str, stores: Collection[str] | None
) -> Baskets:
    """Of the whole chain, or of some stores; returns are left out. Raises PyMongoError."""
    wanted: Document = pipelines.within_day(day, "") | {"grossMinor": {"$gt": 0}}
    if stores is not None:
        wanted["store"] = {"$in": list(stores)}
    found = list(
        client[database][RECEIPTS]
        .find(wanted, {"_id": 0, "date": 1, "lines.product": 1})
        .sort("date", -1)
        .limit(MOST_RECEIPTS)
        .batch_size(MOST_RECEIPTS)
        .max_time_ms(QUERY_TIMEOUT_MS)
    )
    products = [[line["product"] for line in each["lines"]] for each in found]
    if not found:
        return Baskets([], None, None)
    return Baskets(products, found[-1]["date"].timestamp(), found[0]["date"].timestamp())
