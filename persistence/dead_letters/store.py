"""The collection `dead_letters`: each letter once, however often it is delivered."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

import gridfs
import zstandard
from bson import Binary
from pymongo import DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from tillstream.archive import Document
from tillstream.errors import TillstreamError

COLLECTION = "dead_letters"

#: A body of more than so many bytes is packed, and one that is still larger is kept beside the
#: collection, in GridFS: a document has 16 MiB at most.
LARGEST_BODY = 8 * 1024 * 1024

#: A body of that age without a letter is of one that was dropped.
SETTLED = timedelta(hours=1)

#: Most letters that are listed.
LISTED = 1_000


class UnknownLetterError(TillstreamError):
    """No letter, or more than one, has an id that begins so."""


class Letter(NamedTuple):
    """Bytes that could not be archived, as they were delivered."""

    body: bytes
    reason: str
    content_type: str | None
    content_encoding: str | None
    #: As text: what a header may be called or hold does not matter to MongoDB then.
    headers: dict[str, str]

    def id(self) -> str:
        """The same for the same bytes and reason: a letter that is delivered again is known."""
        return blake2b(self.body + b"\0" + self.reason.encode(), digest_size=16).hexdigest()


class DeadLetters:
    """Letters of one database, durable before they are acknowledged."""

    def __init__(self, database: Database[Document]) -> None:
        durable = database.with_options(write_concern=WriteConcern("majority", j=True))
        self._letters: Collection[Document] = durable[COLLECTION]
        self._large = gridfs.GridFSBucket(durable, COLLECTION)

    def keep(self, letter: Letter, now: datetime) -> None:
        """Keep a letter, or note that it came again."""
        letter_id = letter.id()
        fields: Document = {
            "firstAt": now,
            "reason": letter.reason,
            "contentType": letter.content_type,
            "contentEncoding": letter.content_encoding,
            "headers": [{"name": name, "value": text} for name, text in letter.headers.items()],
            "bytes": len(letter.body),
        }
        self._letters.update_one(
            {"_id": letter_id},
            {"$set": {"lastAt": now}, "$setOnInsert": fields | self._kept_body(letter, letter_id)},
            upsert=True,
        )

    def all(self) -> Iterator[Document]:
        """The newest letters, without their bodies."""
        return self._letters.find({}, {"body": 0}).sort("lastAt", DESCENDING).limit(LISTED)

    def waiting(self) -> list[str]:
        """Ids of the letters that were not sent again since they came last, the oldest first."""
        wanted = {"$expr": {"$lt": [{"$ifNull": ["$replayedAt", None]}, "$lastAt"]}}
        return [each["_id"] for each in self._letters.find(wanted, {"_id": 1}).sort("firstAt", 1)]

    def find(self, beginning: str) -> Document:
        """The letter whose id begins so; raises UnknownLetterError."""
        found = list(
            self._letters.find({"_id": {"$gte": beginning, "$lt": beginning + "g"}}, limit=2)
        )
        if len(found) != 1:
            which = "more than one letter has" if found else "no letter has"
            raise UnknownLetterError(
                f"{which} an id that begins with {beginning!r};"
                " `tillstream dead-letters list` names them"
            )
        return found[0]

    def letter(self, document: Document) -> Letter:
        """A letter as it was delivered."""
        return Letter(
            self._body(document),
            document["reason"],
            document["contentType"],
            document["contentEncoding"],
            {each["name"]: each["value"] for each in document["headers"]},
        )

    def replayed(self, letter_id: str, now: datetime) -> None:
        """The broker has taken the letter's bytes again."""
        self._letters.update_one({"_id": letter_id}, {"$set": {"replayedAt": now}})

    def drop(self, letter_id: str) -> None:
        """Remove a letter for good."""
        self._letters.delete_one({"_id": letter_id})
        for file in self._large.find({"filename": letter_id}):
            self._large.delete(file._id)

    def rewrite_large(self, letter_id: str, change: Callable[[bytes], bytes]) -> bool:
        """Change the bytes of a letter whose body is beside the collection; whether they differ.

        Killed on its way, it is to be done again.
        """
        old = list(self._large.find({"filename": letter_id}).sort("uploadDate", DESCENDING))
        body = self._large.open_download_stream(old[0]._id).read()
        changed = change(body)
        if changed != body:
            self._large.upload_from_stream(letter_id, changed)
        for file in old if changed != body else old[1:]:
            self._large.delete(file._id)
        return changed != body

    def sweep(self, now: datetime) -> None:
        """Remove the bodies of letters that are gone: MongoDB drops documents by their age only."""
        # The body of a letter is there a moment before the letter.
        for file in self._large.find({"uploadDate": {"$lt": now - SETTLED}}):
            if self._letters.find_one({"_id": file.filename}, {"_id": 1}) is None:
                self._large.delete(file._id)

    def _kept_body(self, letter: Letter, letter_id: str) -> Document:
        if len(letter.body) <= LARGEST_BODY:
            return {"body": Binary(letter.body), "packed": False}
        packed = zstandard.compress(letter.body)
        if len(packed) <= LARGEST_BODY:
            return {"body": Binary(packed), "packed": True}
        if next(self._large.find({"filename": letter_id}), None) is None:
            self._large.upload_from_stream(letter_id, letter.body)
        return {"body": None, "packed": False}

    def _body(self, document: Document) -> bytes:
        if document["body"] is None:
            return self._large.open_download_stream_by_name(document["_id"]).read()
        body = bytes(document["body"])
        return zstandard.decompress(body) if document["packed"] else body
