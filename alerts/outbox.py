"""The messages that wait in the documents of alerts: claimed by a lease, then settled.

A message is claimed, sent, settled. Who dies in between leaves its lease; after it the message is
claimed once more, and when that is not settled either, nobody sends it again (UNKNOWN).
"""

from datetime import timedelta
from typing import Any

from pymongo.database import Database

from alerts.targets import SEND_SECONDS, Outcome
from tillstream import alert_records as records
from tillstream.archive import Document
from tillstream.clock import utc

#: Longer than sending takes, by far.
LEASE_SECONDS = 60.0
assert LEASE_SECONDS > 2 * SEND_SECONDS  # noqa: S101 - or a slow message would be sent twice
#: Of one message to a target.
MOST_ALERTS = 2_000
#: What could not be sent for so long is given up, seconds.
GIVEN_UP_SECONDS = 86_400.0
QUERY_TIMEOUT_MS = 3_000

_STILL = {"$filter": {"input": "$outbox", "as": "m", "cond": {"$eq": ["$$m.state", "waiting"]}}}
#: Which targets still wait.
_WAITING = {
    "$set": {
        "waiting": {"$setUnion": [{"$map": {"input": _STILL, "as": "m", "in": "$$m.target"}}, []]}
    }
}


class Outbox:
    """Of one target and one sender; every method raises PyMongoError."""

    def __init__(self, database: Database[Document], target: str, holder: str) -> None:
        """`holder`: no other sender has it."""
        self._alerts = database[records.ALERTS]
        self._target = target
        self._holder = holder

    def claim(self) -> list[Document]:
        """Alerts with messages that are now this sender's: `mine` says of which events."""
        found = self._alerts.find(
            {"waiting": self._target},
            {"_id": 1},
            sort=[("beganAt", 1)],
            limit=MOST_ALERTS,
            max_time_ms=QUERY_TIMEOUT_MS,
        )
        ids = [each["_id"] for each in found]
        if not ids:
            return []
        free = [
            {"$eq": ["$$m.target", self._target]},
            {"$eq": ["$$m.state", records.WAITING]},
            {"$lte": ["$$m.leaseUntil", "$$NOW"]},
        ]
        lease = {
            "holder": self._holder,
            "leaseUntil": {"$add": ["$$NOW", round(LEASE_SECONDS * 1000)]},
        }
        left = {"$ne": ["$$m.holder", None]}
        changed = {
            "$switch": {
                "branches": [
                    {
                        "case": {"$and": [left, {"$gte": ["$$m.uncertain", 1]}]},
                        "then": {"state": records.UNKNOWN, "holder": None},
                    },
                    {"case": left, "then": lease | {"uncertain": {"$add": ["$$m.uncertain", 1]}}},
                ],
                "default": lease,
            }
        }
        self._change(ids, {"$and": free}, changed)
        mine = {"target": self._target, "holder": self._holder, "state": records.WAITING}
        claimed = self._alerts.find(
            {"_id": {"$in": ids}, "outbox": {"$elemMatch": mine}}, max_time_ms=QUERY_TIMEOUT_MS
        )
        return [each | {"mine": self._mine(each)} for each in claimed]

    def settle(self, ids: list[str], outcome: Outcome) -> None:
        """What became of everything that this sender has claimed of these alerts."""
        mine = [
            {"$eq": ["$$m.target", self._target]},
            {"$eq": ["$$m.state", records.WAITING]},
            {"$eq": ["$$m.holder", self._holder]},
        ]
        free = {"holder": None, "leaseUntil": records.NEVER}
        changed: dict[str, Any]
        match outcome:
            case Outcome.SENT:
                changed = free | {"state": records.SENT}
            case Outcome.FAILED:
                oldest = {"$subtract": ["$$NOW", round(GIVEN_UP_SECONDS * 1000)]}
                state = {
                    "$cond": [
                        {"$lt": ["$$m.at", oldest]},
                        records.GIVEN_UP,
                        records.WAITING,
                    ]
                }
                changed = free | {"state": state}
            case Outcome.UNKNOWN:
                again = {"$cond": [{"$gte": ["$$m.uncertain", 1]}, records.UNKNOWN, "waiting"]}
                changed = free | {"state": again, "uncertain": {"$add": ["$$m.uncertain", 1]}}
        self._change(ids, {"$and": mine}, changed)

    def _change(self, ids: list[str], which: Document, changed: Document) -> None:
        new = {"$cond": [which, {"$mergeObjects": ["$$m", changed]}, "$$m"]}
        outbox = {"$map": {"input": "$outbox", "as": "m", "in": new}}
        self._alerts.update_many({"_id": {"$in": ids}}, [{"$set": {"outbox": outbox}}, _WAITING])

    def _mine(self, alert: Document) -> list[str]:
        return [
            each["event"]
            for each in alert["outbox"]
            if (each["target"], each["holder"], each["state"])
            == (self._target, self._holder, records.WAITING)
        ]


def too_old(message: records.MessageDocument, now: float) -> bool:
    """Whether a message that failed is given up."""
    return message["at"] < utc(now) - timedelta(seconds=GIVEN_UP_SECONDS)
