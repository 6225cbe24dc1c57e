"""Keeps in MongoDB what `verify` has proved, beside what it is about."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

from analytics.ledger.ledger_file import Position, Progress
from analytics.verify.day_proofs import DayProof, ProvedDays
from analytics.verify.written_days import day_of
from tillstream.archive import PROVED_DAYS, Document
from tillstream.log.positions import partition_of

#: The document that says how far the log was read; the others are of a day each.
_LOG = "log"


def load(database: Database[Document]) -> ProvedDays:
    """What earlier runs have kept; raises PyMongoError."""
    known = ProvedDays()
    for each in database[PROVED_DAYS].find():
        if each["_id"] == _LOG:
            known.positions = _progress(each).positions()
            continue
        day = date.fromisoformat(each["_id"]).toordinal()
        offsets = [each["firstOffset"], *each.get("furtherOffsets", ())]
        known.first_offsets[day] = {partition_of(one): one for one in offsets if one is not None}
        if proof := each.get("proof"):
            known.proofs[day] = DayProof(
                proof["identities"],
                proof["identitiesDigest"],
                proof["totalsDigest"],
                proof["receipts"],
                proof["grossMinor"],
            )
    return known


def save(database: Database[Document], known: ProvedDays) -> None:
    """Put it in the place of what was kept; raises PyMongoError."""
    documents: list[dict[str, Any]] = [
        {"_id": day_of(day).isoformat(), **_offsets(offsets), "proof": _proof(known, day)}
        for day, offsets in known.first_offsets.items()
    ]
    # Last: a run that is killed before it leaves the older offset, which is no harm.
    progress = known.progress()
    log: dict[str, Any] = {
        "_id": _LOG,
        "nextOffset": progress.next_offset,
        "lastDigest": progress.last_digest,
    }
    if progress.further:
        log["further"] = [list(one) for one in progress.further]
    documents.append(log)
    database[PROVED_DAYS].bulk_write(
        [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents], ordered=True
    )


def _progress(document: Document) -> Progress:
    further = tuple(Position(*one) for one in document.get("further", ()))
    return Progress(document["nextOffset"], last_digest=document["lastDigest"], further=further)


def _offsets(offsets: Mapping[int, int]) -> dict[str, Any]:
    """Of a log that has one partition as ever."""
    further = [offset for number, offset in sorted(offsets.items()) if number]
    return {"firstOffset": offsets.get(0)} | ({"furtherOffsets": further} if further else {})


def _proof(known: ProvedDays, day: int) -> Document | None:
    if (proof := known.proofs.get(day)) is None:
        return None
    return {
        "identities": proof.identities,
        "identitiesDigest": proof.identities_digest,
        "totalsDigest": proof.totals_digest,
        "receipts": proof.receipts,
        "grossMinor": proof.gross_minor,
    }
