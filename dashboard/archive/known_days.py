"""Of which business days the archive has receipts, without reading them."""

from datetime import date

from pymongo.database import Database

from tillstream.archive import NAMES_CURRENCY, RECEIPTS, Document, in_currency
from tillstream.currencies import CURRENCY

#: Longest wait for an answer, ms.
QUERY_TIMEOUT_MS = 2_000


def with_receipts(
    database: Database[Document], first: date, last: date, currency: str = CURRENCY
) -> set[str]:
    """The days between, both included, that have a receipt in a currency.

    One step in the index of business days for each. Raises pymongo's errors.
    """
    if currency != CURRENCY:
        return _days(database, first, last, in_currency(currency))
    found = _days(database, first, last, {})
    # Seldom: of a day that has another currency it is looked whether it has this one, too.
    for day in _days(database, first, last, NAMES_CURRENCY):
        wanted = {"businessDay": day, **in_currency(currency)}
        if not database[RECEIPTS].find_one(wanted, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS):
            found.remove(day)
    return found


def _days(database: Database[Document], first: date, last: date, match: Document) -> set[str]:
    within = {"businessDay": {"$gte": first.isoformat(), "$lte": last.isoformat()}} | match
    # Of a group without sums MongoDB jumps from one day to the next in the index.
    stages: list[Document] = [{"$match": within}, {"$group": {"_id": "$businessDay"}}]
    found = database[RECEIPTS].aggregate(stages, maxTimeMS=QUERY_TIMEOUT_MS)
    return {str(each["_id"]) for each in found}


def first_day(database: Database[Document], currency: str = CURRENCY) -> str | None:
    """The oldest day of which the archive has a receipt; of euros, a receipt in any currency.

    Raises pymongo's errors.
    """
    found = database[RECEIPTS].find_one(
        {} if currency == CURRENCY else in_currency(currency),
        {"businessDay": 1, "_id": 0},
        sort=[("businessDay", 1)],
        max_time_ms=QUERY_TIMEOUT_MS,
    )
    return None if found is None else str(found["businessDay"])
