"""Of which business days the archive has receipts, without reading them."""

from datetime import date

from pymongo.database import Database

from tillstream.archive import RECEIPTS, Document

#: Longest wait for an answer, ms.
QUERY_TIMEOUT_MS = 2_000


def with_receipts(database: Database[Document], first: date, last: date) -> set[str]:
    """The days between, both included, that have a receipt; raises pymongo's errors.

    One step in the index of business days for each.
    """
    within = {"businessDay": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
    # Of a group without sums MongoDB jumps from one day to the next in the index.
    stages: list[Document] = [{"$match": within}, {"$group": {"_id": "$businessDay"}}]
    found = database[RECEIPTS].aggregate(stages, maxTimeMS=QUERY_TIMEOUT_MS)
    return {str(each["_id"]) for each in found}


def first_day(database: Database[Document]) -> str | None:
    """The oldest day of which the archive has a receipt; raises pymongo's errors."""
    found = database[RECEIPTS].find_one(
        {}, {"businessDay": 1, "_id": 0}, sort=[("businessDay", 1)], max_time_ms=QUERY_TIMEOUT_MS
    )
    return None if found is None else str(found["businessDay"])
