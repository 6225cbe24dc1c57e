"""Receipts of some days that the archive has and the log has not, brought to the log.

The broker may be killed when the archive's queue has a receipt and the log has not: the door
answers 503, and a till that gives up does not send it again. An identity counts once, so that no
harm is done where one comes to the log twice.
"""

import threading
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby, islice
from typing import NamedTuple

from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from persistence.rebuild_log.republishing import BATCH, grouped, publish
from persistence.writer.documents import content_digest
from persistence.writer.entries import Entry, entry
from tillstream import topology
from tillstream.archive import CONFLICTS, RECEIPTS, Document, conflict_id, raw_bytes
from tillstream.errors import UndecodableMessageError
from tillstream.log.partition_channels import PartitionChannels
from tillstream.log.reader import StoppedError
from tillstream.receipt_message import partition_of_store
from tillstream.stores import StoreTable


class Brought(NamedTuple):
    """What came to the log now."""

    receipts: int
    conflicts: int
    #: Keys whose bytes in the archive are not the receipt of that key: somebody altered them.
    altered: list[str]


class MissingFromLog:
    """Some days of the archive; what the log has of them is taken off as it is read.

    Days are those on which tills dated their receipts. In memory are the keys of all their
    receipts, some 100 MB for a million.
    """

    def __init__(self, database: Database[Document], days: Iterable[date]) -> None:
        """`database`: as a majority has it. To be made before the end of the log is asked for."""
        self._database = database
        #: The `_id`s in the archive, and the keys of conflicts.
        self._receipts: set[str] = set()
        self._conflicts: set[str] = set()
        self._disputed: set[str] = set()
        for day in days:
            # Keys begin with the day.
            of_day = {"_id": {"$gte": day.isoformat(), "$lt": (day + timedelta(1)).isoformat()}}
            self._receipts.update(
                each["_id"] for each in database[RECEIPTS].find(of_day, {"_id": 1})
            )
            for each in database[CONFLICTS].find(of_day, {"key": 1}):
                self._conflicts.add(each["_id"])
                self._disputed.add(each["key"])

    def read(self, entries: Iterable[Entry]) -> None:
        """The log has these."""
        for each in entries:
            self._receipts.discard(each.key)
            if each.key in self._disputed:
                self._conflicts.discard(conflict_id(each.key, content_digest(each.raw)))

    def bring(
        self,
        connection: BlockingConnection,
        partitions: int,
        table: StoreTable,
        stop: threading.Event,
    ) -> Brought:
        """Publish what is left to the log alone, as it came, each message confirmed.

        `partitions` are fed now. Conflicts come after all receipts. Raises StoppedError, pika's
        errors and PyMongoError: then the command is to be run again.
        """
        channels = PartitionChannels(connection)
        altered: list[str] = []
        counts: dict[str, int] = {}
        for name, ids in ((RECEIPTS, self._receipts), (CONFLICTS, self._conflicts)):
            count = 0
            for documents in self._documents(name, ids):
                sound = []
                for each in documents:
                    key, store = _key_and_store(each, table)
                    if key == each.get("key", each["_id"]):
                        sound.append((partition_of_store(store, partitions), raw_bytes(each)))
                    else:
                        altered.append(each["_id"])
                if stop.is_set():
                    raise StoppedError("stopped amid the receipts; run the command again")
                _publish(channels, sound)
                count += len(sound)
            counts[name] = count
        return Brought(counts[RECEIPTS], counts[CONFLICTS], altered)

    def _documents(self, name: str, ids: set[str]) -> Iterator[list[Document]]:
        ordered = iter(sorted(ids))
        fields = {"key": 1, "raw": 1}
        while some := list(islice(ordered, BATCH)):
            yield list(self._database[name].find({"_id": {"$in": some}}, fields).sort("_id", 1))


def _publish(channels: PartitionChannels, raws: Iterable[tuple[int, bytes]]) -> None:
    """Receipts with their partitions, in their order within each."""
    for partition, some in groupby(sorted(raws, key=_partition), _partition):
        stream = topology.partition_stream(partition)
        for message in grouped(raw for _, raw in some):
            publish(channels.channel(partition), message, stream)


def _partition(one: tuple[int, bytes]) -> int:
    return one[0]


def _key_and_store(stored: Document, table: StoreTable) -> tuple[str | None, str]:
    """Which receipt the bytes of a document are; no key where they are none."""
    try:
        found = entry(raw_bytes(stored), table)
    except UndecodableMessageError:
        return None, ""
    return found.key, found.document()["store"]
