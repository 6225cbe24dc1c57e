"""Which customers were erased, and when: keyed digests, which the writer of the archive asks.

What was received before a customer was erased may still come: from the queue, from the log, from
the dead letters, from a till that sends again. It is stored without the customer.
"""

import secrets
from collections.abc import MutableSequence
from datetime import datetime
from hashlib import blake2b

from bson import Binary
from pymongo.collection import Collection
from pymongo.database import Database

from persistence.writer.anonymous import anonymous
from persistence.writer.entries import Entry
from tillstream.archive import Document
from tillstream.clock import utc

COLLECTION = "erasures"

#: The document that holds the key of the digests. With it and a list of all customers the
#: digests can be told apart: they keep a name from the eye, not from whoever owns the database.
KEY = "key"


class Erasures:
    """The collection `erasures` of a database."""

    def __init__(self, database: Database[Document]) -> None:
        # Aware, whatever the client is: a receipt's own times are.
        self._erasures: Collection[Document] = database.get_collection(
            COLLECTION, codec_options=database.codec_options.with_options(tz_aware=True)
        )
        self._key: bytes | None = None

    def digest(self, customer: str) -> str:
        """What stands for a customer: a keyed BLAKE2b, in hexadecimal."""
        if self._key is None:
            self._key = self._load_key()
        return blake2b(customer.encode(), key=self._key, digest_size=16).hexdigest()

    def add(self, digest: str, at: datetime) -> None:
        """From now on, what was received before `at` is stored without this customer."""
        self._erasures.update_one({"_id": digest}, {"$max": {"erasedAt": at}}, upsert=True)

    def apply(self, entries: MutableSequence[Entry]) -> bool:
        """Anonymise, in place, what came before its customer was erased; whether any did."""
        named = [index for index, entry in enumerate(entries) if entry.customer is not None]
        if not named:
            return False
        oldest = utc(min(entries[index].received for index in named))
        erased = {
            each["_id"]: each["erasedAt"]
            for each in self._erasures.find({"erasedAt": {"$gt": oldest}})
        }
        # Of what comes from the tills now, none: their receipts are new.
        if not erased:
            return False
        found = False
        for index in named:
            entry = entries[index]
            at = erased.get(self.digest(str(entry.customer)))
            if at is not None and entry.received < at.timestamp():
                entries[index] = anonymous(entry, at)
                found = True
        return found

    def _load_key(self) -> bytes:
        fresh = {"key": Binary(secrets.token_bytes(32))}
        self._erasures.update_one({"_id": KEY}, {"$setOnInsert": fresh}, upsert=True)
        return bytes(next(self._erasures.find({"_id": KEY}))["key"])
