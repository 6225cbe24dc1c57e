"""The stages that questions to the archive's receipts are made of. Pure.

Amounts are minor units: whoever adds them up asks for one currency (`of_currency.day_rows`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from tillstream.archive import Document

Stages = list[Document]

GROSS: Document = {"$sum": "$grossMinor"}
COUNT: Document = {"$sum": 1}


def of_day(day: str) -> Document:
    """Receipts of a business day, `YYYY-MM-DD`."""
    return {"$match": {"businessDay": day}}


def within_day(day: str, store: str) -> Document:
    """The same as conditions that the index of store and date serves; an empty store is all.

    Wherever the store is (14 hours ahead of UTC to 12 behind) and whatever its cutoff (to 23),
    its day lies within these instants; of them `businessDay` takes what is of the day.
    """
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    within = {"$gte": midnight - timedelta(hours=14), "$lt": midnight + timedelta(hours=59)}
    return {"date": within, "businessDay": day} | ({"store": store} if store else {})


def of_category(category: str) -> Stages:
    """Receipts with one category's lines only, and their sums; all as they are for no category."""
    if not category:
        return []
    condition = {"$eq": ["$$line.category", {"$literal": category}]}
    lines = {"$filter": {"input": "$lines", "as": "line", "cond": condition}}
    sums = {"grossMinor": {"$sum": "$lines.grossMinor"}, "netMinor": {"$sum": "$lines.netMinor"}}
    return [{"$match": {"lines.category": category}}, {"$set": {"lines": lines}}, {"$set": sums}]


def by_minute(field: str = "$date", **sums: Document) -> Stages:
    """Gross, count and further sums of each minute, in time."""
    minute = {"$dateTrunc": {"date": field, "unit": "minute"}}
    return [
        {"$group": {"_id": minute, "gross": GROSS, "count": COUNT, **sums}},
        {"$sort": {"_id": 1}},
    ]


def by_hour(zone: str) -> Stages:
    """Gross and count of each hour of the wall clock, `00` to `23`, in order."""
    hour = {"$dateToString": {"date": "$date", "format": "%H", "timezone": zone}}
    return [{"$group": {"_id": hour, "gross": GROSS, "count": COUNT}}, {"$sort": {"_id": 1}}]


def by_line(key: Any, **sums: Document) -> Stages:
    """Gross and further sums of the lines of each key, such as `$lines.category`."""
    gross = {"$sum": "$lines.grossMinor"}
    return [{"$unwind": "$lines"}, {"$group": {"_id": key, "gross": gross, **sums}}]


def by_tender() -> Stages:
    """What was paid, and in how many payments, by each means."""
    paid = {"$sum": "$payments.amountMinor"}
    group = {"_id": "$payments.mechanism", "gross": paid, "count": COUNT}
    return [{"$unwind": "$payments"}, {"$group": group}]


def largest(most: int) -> Stages:
    """The groups with the largest gross."""
    return [{"$sort": {"gross": -1, "_id": 1}}, {"$limit": most}]


def delay_percentiles(key: Any) -> Stages:
    """The nearest-rank percentiles of received to stored, ms, of each key."""

    def rank(part: float) -> Document:
        place = {"$ceil": {"$multiply": [part, {"$size": "$delays"}]}}
        return {"$arrayElemAt": ["$delays", {"$toInt": {"$subtract": [place, 1]}}]}

    delay = {"$subtract": ["$storedAt", "$receivedAt"]}
    return [
        {"$group": {"_id": key, "delays": {"$push": delay}}},
        {"$set": {"delays": {"$sortArray": {"input": "$delays", "sortBy": 1}}}},
        {"$project": {"p50": rank(0.5), "p95": rank(0.95), "p99": rank(0.99)}},
    ]


def unix(stored: datetime) -> int:
    """A time of the archive in whole Unix seconds."""
    aware = stored if stored.tzinfo else stored.replace(tzinfo=UTC)
    return int(aware.timestamp())
