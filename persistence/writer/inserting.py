"""Inserts documents into a collection, unordered, and says which were not inserted and why."""

from collections.abc import Sequence

from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from tillstream.archive import Document
from tillstream.bulk_write import DUPLICATE_KEY

#: Errors that are the document's own: a repetition would fail for ever.
#: BadValue, InvalidBSON, DocumentValidationFailure, BSONObjectTooLarge.
REFUSALS = frozenset({2, 22, 121, 10334})

#: By the index of a document that was not inserted: MongoDB's code and reason.
Errors = dict[int, tuple[int, str]]


class NotDurableError(PyMongoError):
    """MongoDB has the documents, but not yet on a majority of its members."""


def insert(
    collection: Collection[Document], documents: Sequence[Document | RawBSONDocument]
) -> Errors:
    """Insert unordered; returns code and reason of those that were not inserted, by index.

    Raises PyMongoError when the rest is not surely durable, or for an error that may pass.
    """
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        details = error.details
        errors = {each["index"]: (each["code"], each["errmsg"]) for each in details["writeErrors"]}
        if details["writeConcernErrors"]:
            raise NotDurableError(str(details["writeConcernErrors"])) from error
        if any(code != DUPLICATE_KEY and code not in REFUSALS for code, _ in errors.values()):
            raise
        return errors
    return {}
