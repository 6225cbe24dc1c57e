"""Receipts and gross of business days in MongoDB by currency, from indexes alone."""

from collections.abc import Mapping
from typing import Any

from pymongo.collection import Collection

from tillstream.archive import NAMES_CURRENCY, Document
from tillstream.currencies import CURRENCY

#: Receipts, and their gross in minor units.
Sum = tuple[int, int]


def of_days(
    receipts: Collection[Document], days: Document, hint: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Sum]]:
    """Of every business day that the condition `days` finds, the sum of each currency.

    `hint`: the index of days, where it has to be that one. Raises PyMongoError.
    """
    found: dict[str, dict[str, Sum]] = {}
    # First the few, from an index of their own, then all: of what comes in between there is more
    # than there was, never less.
    for each in receipts.aggregate(
        [
            {"$match": {"businessDay": days, **NAMES_CURRENCY}},
            _summed({"day": "$businessDay", "currency": "$currency"}),
        ]
    ):
        name = each["_id"]
        found.setdefault(name["day"], {})[name["currency"]] = (each["receipts"], int(each["gross"]))
    options: dict[str, Any] = {} if hint is None else {"hint": hint}
    for each in receipts.aggregate(
        [{"$match": {"businessDay": days}}, _summed("$businessDay")], None, **options
    ):
        others = found.setdefault(each["_id"], {})
        count = each["receipts"] - sum(receipts for receipts, _ in others.values())
        gross = int(each["gross"]) - sum(gross for _, gross in others.values())
        if count:
            others[CURRENCY] = (count, gross)
    return found


def _summed(key: Any) -> Document:
    return {"$group": {"_id": key, "receipts": {"$sum": 1}, "gross": {"$sum": "$grossMinor"}}}
