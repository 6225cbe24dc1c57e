"""The record of an erasure: who, when, what was touched, and the proof that no total changed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from bson import ObjectId
from pymongo.collection import Collection
from pymongo.database import Database

from tillstream.archive import Document
from tillstream.currencies import CURRENCY
from tillstream.runtime.caller import caller

COLLECTION = "audit"
WHAT = "erase-customer"

#: Sums of a store's day in one currency: receipts, and net, tax and gross in minor units.
Sums = tuple[int, int, int, int]
#: By day, store and currency.
ByStore = Mapping[tuple[str, str, str], Sums]


class Record:
    """One erasure in the collection `audit`; an interrupted one is taken up where it was."""

    def __init__(self, database: Database[Document], digest: str, now: datetime) -> None:
        self._audit: Collection[Document] = database[COLLECTION]
        running = {"what": WHAT, "customer": digest, "state": "running"}
        self._audit.update_one(
            running,
            {
                "$setOnInsert": {
                    "_id": ObjectId(),
                    "startedAt": now,
                    "by": caller(f"python -m persistence {WHAT}"),
                    "days": [],
                }
            },
            upsert=True,
        )
        found = next(self._audit.find(running))
        self.id: ObjectId = found["_id"]
        #: What was received before it is erased; later receipts are new business.
        self.started_at: datetime = found["startedAt"]
        self.before: dict[str, Any] | None = found.get("before")

    def keep_before(self, before: dict[str, Any]) -> None:
        """The totals before anything was changed; those of the first run, if it is not that."""
        if self.before is None:
            self.before = before
            self._set({"before": before})

    def add_day(self, day: date) -> None:
        """A day whose file is to be written again; once, however often it is tried."""
        days = {"$addToSet": {"days": day.isoformat()}}
        self._audit.update_one({"_id": self.id}, days)

    def days(self) -> list[str]:
        """The days whose files were written again, over all runs."""
        return list(next(self._audit.find({"_id": self.id}))["days"])

    def close(
        self, state: str, erased: dict[str, int], after: dict[str, Any], now: datetime
    ) -> None:
        """`done`, or `failed` when the totals differ; `erased` are documents by kind."""
        self._set({"state": state, "erased": erased, "after": after, "finishedAt": now})

    def _set(self, fields: Document) -> None:
        self._audit.update_one({"_id": self.id}, {"$set": fields})


def proof(days: Iterable[str], by_store: ByStore) -> dict[str, Any]:
    """Totals of days, and for each a digest of those of its stores: equal only if all are.

    A day's own sums are those of the euro; under `currencies` are those of each other one.
    """
    return {day: _of_day(day, by_store) for day in sorted(days)}


def _of_day(day: str, by_store: ByStore) -> dict[str, Any]:
    stores = sorted(
        (store, currency, sums) for (of, store, currency), sums in by_store.items() if of == day
    )
    totals: dict[str, list[Sums]] = {CURRENCY: []}
    for _, currency, sums in stores:
        totals.setdefault(currency, []).append(sums)
    named = {currency: _sums(of) for currency, of in totals.items()}
    # As a record of before other currencies has it: an interrupted erasure goes on with that.
    text = "\n".join(
        f"{store} {sums}" if currency == CURRENCY else f"{store} {currency} {sums}"
        for store, currency, sums in stores
    )
    found = named.pop(CURRENCY) | {"stores": sha256(text.encode()).hexdigest()}
    return found | ({"currencies": named} if named else {})


def _sums(stores: list[Sums]) -> dict[str, Any]:
    receipts, net, tax, gross = (sum(of[place] for of in stores) for place in range(4))
    return {"receipts": receipts, "netMinor": net, "taxMinor": tax, "grossMinor": gross}
