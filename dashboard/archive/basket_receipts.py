"""Reads which products the newest receipts of a business day have, for the pairs."""

from collections.abc import Collection
from typing import NamedTuple

from pymongo import MongoClient

from dashboard.archive import pipelines
from tillstream.archive import RECEIPTS, Document, in_currency
from tillstream.currencies import CURRENCY

#: Receipts that are read at most, and how long MongoDB may take, ms.
MOST_RECEIPTS = 20_000
QUERY_TIMEOUT_MS = 5_000


class Baskets(NamedTuple):
    """The products of each receipt, and when the oldest and the newest were sold, Unix seconds."""

    products: list[list[str]]
    first: float | None
    last: float | None


def newest(
    client: MongoClient[Document],
    database: str,
    day: str,
    stores: Collection[str] | None,
    currency: str = CURRENCY,
) -> Baskets:
    """Of the whole chain, or of some stores; returns are left out. Raises PyMongoError."""
    wanted: Document = pipelines.within_day(day, "") | {"grossMinor": {"$gt": 0}}
    wanted |= in_currency(currency)
    if stores is not None:
        wanted["store"] = {"$in": list(stores)}
    stages: list[Document] = [
        {"$match": wanted},
        {"$sort": {"date": -1}},
        {"$limit": MOST_RECEIPTS},
        {"$project": {"_id": 0, "date": 1, "products": "$lines.product"}},
    ]
    receipts = client[database][RECEIPTS]
    found = list(receipts.aggregate(stages, maxTimeMS=QUERY_TIMEOUT_MS, batchSize=MOST_RECEIPTS))
    if not found:
        return Baskets([], None, None)
    products = [each["products"] for each in found]
    return Baskets(products, found[-1]["date"].timestamp(), found[0]["date"].timestamp())
