"""What the last run did, for operators: one document of the collection `tiers`."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from pymongo.database import Database

from tillstream.archive import TIERS, Document

#: The only document of the collection.
LAST = "last"
#: Days that are named with their reason.
MOST_HELD = 100

#: `held`: at its end, but some days wait; `limit`: the rest is for the next day.
Result = Literal["running", "done", "held", "limit", "stopped", "failed"]
#: What needs no other run before the next day.
FINISHED: tuple[Result, ...] = ("done", "held", "limit")


class Held(NamedTuple):
    """A day that stays in MongoDB, and why."""

    day: str
    reason: str


class Counts(NamedTuple):
    """What a run did."""

    #: Days whose files were written, and receipts that came into them.
    exported_days: int = 0
    exported_receipts: int = 0
    #: Days that MongoDB dropped something of, and how many receipts in all.
    dropped_days: int = 0
    dropped_receipts: int = 0
    #: Of them, those that had come again after their day was moved.
    duplicates: int = 0
    conflicts: int = 0


class LastRun:
    """The document."""

    def __init__(self, database: Database[Document]) -> None:
        self._runs = database[TIERS]

    def begin(self, at: datetime) -> None:
        """A run has begun."""
        self._put({"startedAt": at, "endedAt": None, "result": "running"})

    def end(
        self,
        started: datetime,
        ended: datetime,
        result: Result,
        counts: Counts,
        held: list[Held],
        error: str | None = None,
    ) -> None:
        """It has ended so."""
        self._put(
            {
                "startedAt": started,
                "endedAt": ended,
                "result": result,
                "exportedDays": counts.exported_days,
                "exportedReceipts": counts.exported_receipts,
                "droppedDays": counts.dropped_days,
                "droppedReceipts": counts.dropped_receipts,
                "duplicates": counts.duplicates,
                "conflicts": counts.conflicts,
                "heldDays": len(held),
                "held": [each._asdict() for each in held[:MOST_HELD]],
                "error": error,
            }
        )

    def finished(self) -> float | None:
        """When the last run began, Unix seconds, if it came to its end; raises PyMongoError."""
        found = self._runs.find_one({"_id": LAST})
        if found is None or found["result"] not in FINISHED:
            return None
        return float(found["startedAt"].timestamp())

    def _put(self, fields: dict[str, Any]) -> None:
        self._runs.replace_one({"_id": LAST}, fields, upsert=True)
