"""The door's own count beside a log that was made anew: what the log no longer repeats.

The archive has a receipt once, however often it was sent. So a log that is made of it lacks the
repetitions that the door had accepted and counted. They are taken off by an entry of its own, a
file of negative figures beside the door's: what the door counted stays as it is.
"""

import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pymongo.database import Database

from persistence.dead_letters.store import Letter
from persistence.rebuild_log.republishing import waiting_letters
from persistence.writer.entries import entry
from tillstream import accepted_count
from tillstream.accepted_count import ByStore
from tillstream.archive import raw_bytes
from tillstream.codec import receipt_bodies
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.errors import UndecodableMessageError
from tillstream.ledger import LedgerReader
from tillstream.stores import StoreTable


class Surplus(NamedTuple):
    """What the door counted and the archive does not hold, by (day, store)."""

    by_store: ByStore
    #: Repetitions that the ledger knows of; None without a ledger that can be read.
    repeated: int | None

    @property
    def receipts(self) -> int:
        """All of them."""
        return sum(receipts for receipts, _ in self.by_store.values())

    def is_explained(self) -> bool:
        """Whether the ledger knows as many repetitions, so that nothing is missing."""
        return self.receipts <= (self.repeated or 0)


def surplus(data_dir: Path, database: Database[dict[str, Any]], stores: StoreTable) -> Surplus:
    """Compare the door's count with the archive; raises PyMongoError."""
    archived, conflicts = _archived(database, stores)
    found: ByStore = {}
    for where, (receipts, gross) in accepted_count.read(accepted_count.folder_of(data_dir)).items():
        there = archived.get(where, (0, 0))
        if receipts > there[0]:
            found[where] = (receipts - there[0], gross - there[1])
    return Surplus(found, _repeated(data_dir, conflicts))


def take_off(data_dir: Path, found: Surplus) -> None:
    """Add the entry that takes these off the door's count."""
    if not found.by_store:
        return
    correction = accepted_count.AcceptedCount(
        accepted_count.folder_of(data_dir), f"{int(time.time())}-rebuild-log"
    )
    try:
        correction.correct(
            {where: (-count, -gross) for where, (count, gross) in found.by_store.items()}
        )
    finally:
        correction.close()


def _archived(database: Database[dict[str, Any]], stores: StoreTable) -> tuple[ByStore, int]:
    """What the log gets of the archive, by (day, store), and how many conflicts are kept."""
    group = {
        "_id": {
            "day": "$businessDay",
            "currency": {"$ifNull": ["$currency", CURRENCY]},
            "store": "$store",
        },
        "receipts": {"$sum": 1},
        "gross": {"$sum": "$grossMinor"},
    }
    sums: ByStore = {}
    for each in database["receipts"].aggregate([{"$group": group}], allowDiskUse=True):
        day = CurrencyDay(date.fromisoformat(each["_id"]["day"]), each["_id"]["currency"])
        sums[day, each["_id"]["store"]] = (each["receipts"], each["gross"])
    conflicts = [raw_bytes(each) for each in database["conflicts"].find({}, {"raw": 1})]
    letters = [line for letter in waiting_letters(database) for line in _lines(letter)]
    for raw in conflicts + letters:
        try:
            document = entry(raw, stores).document()
        except UndecodableMessageError:
            continue  # the door has not counted it
        business_day = date.fromisoformat(document["businessDay"])
        day = CurrencyDay(business_day, document.get("currency", CURRENCY))
        where = (day, document["store"])
        receipts, gross = sums.get(where, (0, 0))
        sums[where] = (receipts + 1, gross + document["grossMinor"])
    return sums, len(conflicts)


def _lines(letter: Letter) -> list[bytes]:
    try:
        return receipt_bodies(letter.body, letter.content_type, letter.content_encoding)
    except UndecodableMessageError:
        return []


def _repeated(data_dir: Path, kept_conflicts: int) -> int | None:
    """Duplicates that the ledger counted, and conflicts that came more than once."""
    repeats = LedgerReader(data_dir).repeats()
    if repeats is None:
        return None
    duplicates, conflicts = repeats
    return duplicates + max(0, conflicts - kept_conflicts)
