"""Sums over the receipts of a business day that are in one currency."""

from typing import Any

from tillstream.archive import NAMES_CURRENCY, Document, in_currency
from tillstream.currencies import CURRENCY


def day_rows(
    receipts: Any, day: str, match: Document, stages: list[Document], currency: str, timeout_ms: int
) -> list[Document]:
    """What the stages make of receipts of a day; raises pymongo's errors.

    `receipts`: pymongo's collection; `match`: the conditions, the day's among them.
    """
    options: dict[str, Any] = {"maxTimeMS": timeout_ms, "allowDiskUse": True}
    # A day without other currencies is summed from its index alone, without a look at a receipt:
    # those in euros name no currency.
    if currency == CURRENCY and not _names_others(receipts, day, timeout_ms):
        rows = list(receipts.aggregate([{"$match": match}, *stages], **options))
        # One that came meanwhile may be in the sums.
        if not _names_others(receipts, day, timeout_ms):
            return rows
    matched = {"$match": match | in_currency(currency)}
    return list(receipts.aggregate([matched, *stages], **options))


def _names_others(receipts: Any, day: str, timeout_ms: int) -> bool:
    wanted = {"businessDay": day, **NAMES_CURRENCY}
    return receipts.find_one(wanted, {"_id": 1}, max_time_ms=timeout_ms) is not None
