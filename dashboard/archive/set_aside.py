"""What was accepted and does not count: conflicts, and by reason what was dead or set aside."""

from datetime import datetime

import msgspec
from pymongo.collection import Collection
from pymongo.database import Database

from tillstream.archive import Document
from tillstream.snapshots import TillsSnapshot

#: Reasons that are told apart, the most frequent first; the others are summed in one more row.
MAX_REASONS = 12
#: Characters of a reason; two that begin so far alike are one.
REASON_CHARACTERS = 160
#: Longest question, ms.
QUERY_TIMEOUT_MS = 2_000


class Aside(msgspec.Struct, frozen=True, rename="camel"):
    """So many of one kind; kept until their retention ends."""

    kind: str
    #: Empty for the rest of a kind, and for conflicts: those have one reason.
    reason: str
    number: int
    #: When the last of them came, Unix seconds; None where nothing tells.
    last_at: float | None


def read(database: Database[Document]) -> list[Aside]:
    """Conflicts and dead letters of the archive; raises PyMongoError."""
    return [*_conflicts(database.conflicts), *_dead_letters(database.dead_letters)]


def uncounted(tills: TillsSnapshot | None) -> list[Aside]:
    """What the totals worker could not count; the archive has it as a receipt like any other."""
    if tills is None or not tills.set_aside:
        return []
    found = [Aside("set aside", each.reason, each.number, None) for each in tills.set_aside_reasons]
    if rest := tills.set_aside - sum(each.number for each in found):
        found.append(Aside("set aside", "", rest, None))
    return found


def _conflicts(conflicts: Collection[Document]) -> list[Aside]:
    number = conflicts.estimated_document_count(maxTimeMS=QUERY_TIMEOUT_MS)
    if not number:
        return []
    # The one that was written last: of the times there need be no index.
    newest = conflicts.find_one(
        {}, {"receivedAt": 1}, sort=[("$natural", -1)], max_time_ms=QUERY_TIMEOUT_MS
    )
    return [Aside("conflict", "", number, _unix((newest or {}).get("receivedAt")))]


def _dead_letters(letters: Collection[Document]) -> list[Aside]:
    reason = {"$substrCP": [{"$toString": "$reason"}, 0, REASON_CHARACTERS]}
    rows = list(
        letters.aggregate(
            [
                {"$group": {"_id": reason, "number": {"$sum": 1}, "last": {"$max": "$lastAt"}}},
                {"$sort": {"number": -1, "_id": 1}},
            ],
            maxTimeMS=QUERY_TIMEOUT_MS,
        )
    )
    found = [
        Aside("dead letter", str(row["_id"]), int(row["number"]), _unix(row["last"]))
        for row in rows[:MAX_REASONS]
    ]
    if rest := rows[MAX_REASONS:]:
        found.append(Aside("dead letter", "", sum(int(row["number"]) for row in rest), None))
    return found


def _unix(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
