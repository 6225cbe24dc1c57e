"""Reads which category each product is of: that of its newest sales; kept figures have none."""

import time
from collections.abc import Mapping
from datetime import date

from pymongo import MongoClient

from dashboard.archive import pipelines
from tillstream.archive import RECEIPTS, Document, in_currency
from tillstream.usual import usual_days

#: Receipts of a day that are read at most, and how long MongoDB may take, ms.
MOST_RECEIPTS = 20_000
QUERY_TIMEOUT_MS = 5_000
#: From one reading to the next, seconds: of the day, and of the days that are usual.
TODAY_SECONDS, EARLIER_SECONDS = 60.0, 3600.0

#: Which day it is of, until when it holds by the monotonic clock, and category by product code.
Held = tuple[str, float, Mapping[str, str]]


class ProductCategories:
    """Of the whole chain, shared by all views. For one thread; raises pymongo's errors."""

    def __init__(self, client: MongoClient[Document], database: str, currency: str) -> None:
        self._receipts = client[database][RECEIPTS]
        self._currency = currency
        self._today: Held = ("", 0.0, {})
        self._earlier: Held = ("", 0.0, {})

    def of(self, day: date) -> Mapping[str, str]:
        """Category by product code, of the newest receipts of a day and of those that are usual."""
        name, now = day.isoformat(), time.monotonic()
        if self._earlier[0] != name or now > self._earlier[1]:
            found: dict[str, str] = {}
            for each in usual_days(day):
                # The newest day first: what a product was moved to counts.
                found = self._read(each) | found
            self._earlier = (name, now + EARLIER_SECONDS, found)
        if self._today[0] != name or now > self._today[1]:
            self._today = (name, now + TODAY_SECONDS, self._read(name))
        return {**self._earlier[2], **self._today[2]}

    def _read(self, day: str) -> dict[str, str]:
        newest: list[Document] = [
            {"$match": pipelines.within_day(day, "") | in_currency(self._currency)},
            {"$sort": {"date": -1}},
            {"$limit": MOST_RECEIPTS},
            {"$project": {"_id": 0, "lines.product": 1, "lines.category": 1}},
            {"$unwind": "$lines"},
            {"$group": {"_id": "$lines.product", "category": {"$first": "$lines.category"}}},
        ]
        rows = self._receipts.aggregate(newest, maxTimeMS=QUERY_TIMEOUT_MS)
        return {str(row["_id"]): row["category"] for row in rows if row["category"]}
