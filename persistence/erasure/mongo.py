"""Erases a customer from the collections of MongoDB; done again, it does nothing more.

Without transactions: one that is killed holds its documents for a minute, and each change stands
by itself, as it writes no amount.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from pymongo import DeleteOne, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database

from persistence.dead_letters.store import DeadLetters
from persistence.erasure.audit import ByStore, Record
from persistence.writer.anonymous import anonymous_fields, customer_of, without_customer
from persistence.writer.documents import conflict, content_digest
from tillstream.archive import Document, currency_of, raw_bytes
from tillstream.codec import decode_receipt
from tillstream.errors import TillstreamError
from tillstream.identity import anonymous_content

#: Documents of one write.
BATCH = 200

T = TypeVar("T")
Change = UpdateOne | DeleteOne


class TotalsDifferError(TillstreamError):
    """An erasure would have changed a total, or something else did meanwhile."""


class Collections:
    """The collections that may name a customer."""

    def __init__(
        self, database: Database[Document], customer: str, record: Record, go_on: Callable[[], None]
    ) -> None:
        """`go_on` is called before each write."""
        self._database = database
        self._customer = customer
        self._letters = DeadLetters(database)
        self._go_on = go_on
        #: Receipts that came later are new business.
        self._before = record.started_at
        self._wanted: Document = {"customer": customer, "receivedAt": {"$lt": self._before}}

    def days(self) -> list[str]:
        """Business days with a receipt that is to be erased."""
        group = {"$group": {"_id": "$businessDay"}}
        found = self._database.receipts.aggregate([{"$match": self._wanted}, group])
        return sorted(each["_id"] for each in found)

    def by_store(self, days: Iterable[str]) -> ByStore:
        """Sums of every store's days by currency; of what was stored before the erasure began."""
        match = {"businessDay": {"$in": list(days)}, "storedAt": {"$lt": self._before}}
        sums = {name: {"$sum": f"${name}"} for name in ("netMinor", "taxMinor", "grossMinor")}
        place = {"day": "$businessDay", "store": "$store", "currency": "$currency"}
        group = {"_id": place, "receipts": {"$sum": 1}, **sums}
        found = self._database.receipts.aggregate([{"$match": match}, {"$group": group}])
        return {
            (each["_id"]["day"], each["_id"]["store"], currency_of(each["_id"])): (
                each["receipts"],
                int(each["netMinor"]),
                int(each["taxMinor"]),
                int(each["grossMinor"]),
            )
            for each in found
        }

    def erase_receipts(self) -> None:
        """Set `customer` to null and take it out of `raw`; raises TotalsDifferError."""
        found = self._database.receipts.find(
            self._wanted, {"customer": 1, "raw": 1}, batch_size=BATCH
        )
        for part in _parts(found):
            updates = [
                # No amount is written: only the fields that name the customer.
                UpdateOne({"_id": each["_id"]}, {"$set": self._anonymous(each)})
                for each in part
            ]
            self._write(self._database.receipts, updates)

    def erase_conflicts(self) -> None:
        """Take the customer out of the conflicts; the key of one holds its content, so it moves."""
        found = self._database.conflicts.find({"receivedAt": {"$lt": self._before}})
        ours = (each for each in found if customer_of(raw_bytes(each)) == self._customer)
        for part in _parts(ours):
            moved: list[Change] = []
            for each in part:
                fields = each | self._anonymous(each)
                key = conflict(each["key"], raw_bytes(fields))["_id"]
                del fields["_id"], fields["customer"]
                # The new one first: killed between the two, the next run deletes the old one.
                moved += [UpdateOne({"_id": key}, {"$setOnInsert": fields}, upsert=True)]
                moved += [DeleteOne({"_id": each["_id"]})]
            self._write(self._database.conflicts, moved)

    def erase_dead_letters(self) -> None:
        """Take the customer out of all that a dead letter holds: bytes, reason, headers."""
        found = self._database.dead_letters.find({})
        changed = ((each, fields) for each in found if (fields := self._changed(each)))
        for part in _parts(changed):
            updates = [
                UpdateOne({"_id": each["_id"]}, {"$set": fields | {"erasedAt": self._before}})
                for each, fields in part
            ]
            self._write(self._database.dead_letters, updates)

    def erased(self, days: Iterable[str]) -> dict[str, int]:
        """How many documents of each collection this erasure has changed, over all its runs."""
        ours = {"erasedAt": self._before}
        receipts = ours | {"businessDay": {"$in": list(days)}}
        return {
            "receipts": self._database.receipts.count_documents(receipts),
            "conflicts": self._database.conflicts.count_documents(ours),
            "deadLetters": self._database.dead_letters.count_documents(ours),
        }

    def _changed(self, letter: Document) -> Document:
        """The fields of a dead letter that name the customer, without it."""
        fields = {name: _without(value, self._customer) for name, value in letter.items()}
        changed = {name: value for name, value in fields.items() if value != letter[name]}
        if letter["body"] is None:
            self._go_on()
            erase = partial(without_customer, customer=self._customer)
            if self._letters.rewrite_large(letter["_id"], erase):
                changed["body"] = None
        return changed

    def _anonymous(self, document: Document) -> Document:
        before = raw_bytes(document)
        fields = anonymous_fields(before, self._before)
        after = raw_bytes(fields)
        if content_digest(after) != anonymous_content(decode_receipt(before)):
            raise TotalsDifferError(
                f"{document['_id']}: more than its customer would change; it was left as it was"
            )
        return fields

    def _write(self, collection: Collection[Document], changes: Sequence[Change]) -> None:
        self._go_on()
        collection.bulk_write(changes, ordered=True)


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, BATCH)):
        yield part


def _without(value: Any, customer: str) -> Any:
    if isinstance(value, bytes):
        return without_customer(value, customer)
    if isinstance(value, str):
        return without_customer(value.encode(), customer).decode()
    if isinstance(value, dict):
        return {name: _without(each, customer) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, customer) for each in value]
    return value
