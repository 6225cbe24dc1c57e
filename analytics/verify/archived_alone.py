"""Receipts that the archive has, and neither the log nor the ledger: counted, named and summed."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

import msgspec

from analytics.verify.archive import ArchiveReader
from analytics.verify.archive_comparison import ByStore
from analytics.verify.written_days import day_of
from tillstream.archive import currency_of
from tillstream.currency_day import CurrencyDay
from tillstream.identity import key_day
from tillstream.verify_report import Disagreement

#: Days that the command which mends it is told with; more come with the next `verify`.
MOST_DAYS = 10


class ArchivedAlone(msgspec.Struct, frozen=True):
    """A receipt that only the archive has."""

    key: str
    #: Business day, and when the door got it, in UTC.
    day: str
    store: str
    received_at: str

    def line(self) -> str:
        """It in one line; what came from outside is escaped."""
        return (
            f"in the archive alone: key {self.key!r}, day {self.day}, store {self.store!r},"
            f" received {self.received_at} UTC"
        )

    def disagreement(self) -> Disagreement:
        """It as one of the differences that are kept of a proof."""
        found = f"{self.key}, received {self.received_at} UTC"
        return Disagreement("archive: not in the log", self.day, self.store, "", found)


class Alone(NamedTuple):
    """All that only the archive has."""

    receipts: int
    #: The first of them.
    named: list[ArchivedAlone]
    #: The days on which tills dated them.
    days: list[str]
    #: Receipts and minor units of those that MongoDB has.
    by_store: ByStore


def find_alone(archive: ArchiveReader, keys: Collection[bytes], most: int) -> Alone:
    """What the archive has of some identities, given by the digests of their keys.

    At most `most` are named. Raises PyMongoError.
    """
    days = sorted({key_day(key) for key in keys})
    named: list[ArchivedAlone] = []
    by_store: ByStore = {}
    for day in days:
        for document in archive.documents_of(day, keys):
            if len(named) < most:
                named.append(
                    ArchivedAlone(
                        document["_id"],
                        document["businessDay"],
                        document["store"],
                        f"{document['receivedAt']:%Y-%m-%d %H:%M:%S}",
                    )
                )
            business_day = date.fromisoformat(document["businessDay"])
            where = (CurrencyDay(business_day, currency_of(document)), document["store"])
            count, minor = by_store.get(where, (0, 0))
            by_store[where] = (count + 1, minor + document["grossMinor"])
    return Alone(len(keys), named, [day_of(day).isoformat() for day in days], by_store)


def how_to_mend(count: int, days: list[str]) -> str:
    """What it means that so many are in the archive alone, and what to do."""
    options = " ".join(f"--day {day}" for day in days[:MOST_DAYS])
    return (
        f"in the archive alone {count}: the archive has them; the log and the ledger have not, and"
        " no figure counts them. Most often the broker was killed before its log had them: the"
        " door answered 503, and the till did not send them again."
        f" `tillstream refill {options}` brings them to the log, where each counts once; a receipt"
        " that somebody put into the archive by hand would count as well, so look at them before"
    )
