"""Keeps in MongoDB what `verify` has proved, beside what it is about."""

from datetime import date
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

from analytics.verify.day_proofs import DayProof, ProvedDays
from analytics.verify.written_days import day_of
from tillstream.archive import PROVED_DAYS, Document

#: The document that says how far the log was read; the others are of a day each.
_LOG = "log"


def load(database: Database[Document]) -> ProvedDays:
    """What earlier runs have kept; raises PyMongoError."""
    known = ProvedDays()
    for each in database[PROVED_DAYS].find():
        if each["_id"] == _LOG:
            known.next_offset, known.last_digest = each["nextOffset"], each["lastDigest"]
            continue
        day = date.fromisoformat(each["_id"]).toordinal()
        known.first_offsets[day] = each["firstOffset"]
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
        {"_id": day_of(day).isoformat(), "firstOffset": offset, "proof": _proof(known, day)}
        for day, offset in known.first_offsets.items()
    ]
    # Last: a run that is killed before it leaves the older offset, which is no harm.
    documents.append(
        {"_id": _LOG, "nextOffset": known.next_offset, "lastDigest": known.last_digest}
    )
    database[PROVED_DAYS].bulk_write(
        [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents], ordered=True
    )


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
