"""Inserts documents into a collection, unordered, and says which were not inserted and why."""

from collections.abc import Sequence
from concurrent.futures import Executor, wait

from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from tillstream.archive import Document

DUPLICATE_KEY = 11000
#: Errors that are the document's own: a repetition would fail for ever.
#: BadValue, InvalidBSON, DocumentValidationFailure, BSONObjectTooLarge.
REFUSALS = frozenset({2, 22, 121, 10334})

#: Inserts of one batch at once: MongoDB spends one core on each.
LANES = 2
#: A smaller batch goes at once; to divide it would cost more than it brings.
LEAST_DIVIDED = 200

#: By the index of a document that was not inserted: MongoDB's code and reason.
Errors = dict[int, tuple[int, str]]


class NotDurableError(PyMongoError):
    """MongoDB has the documents, but not yet on a majority of its members."""


def insert_by_key(
    collection: Collection[Document],
    keys: Sequence[str],
    documents: Sequence[RawBSONDocument],
    lanes: Executor,
) -> Errors:
    """Insert documents by LANES connections, in the order of `keys`, their identities.

    Neighbours in an index are inserted one after the other, into pages that no other lane writes.
    Those of one identity go in their order, in one lane: the first of them stays the first.
    Raises as `insert` does, when every lane has ended.
    """
    if len(documents) < LEAST_DIVIDED:
        return insert(collection, documents)
    divided = divided_by_key(keys, LANES)
    inserts = [
        lanes.submit(insert, collection, [documents[index] for index in indices])
        for indices in divided
    ]
    wait(inserts)
    return {
        indices[place]: error
        for indices, inserted in zip(divided, inserts, strict=True)
        for place, error in inserted.result().items()
    }


def divided_by_key(keys: Sequence[str], parts: int) -> list[list[int]]:
    """The indices of keys in the order of the keys, in so many parts at most; none shares a key."""
    # Stable: those of one identity stay in their order.
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ends = [len(order) * (part + 1) // parts for part in range(parts)]
    divided = []
    start = 0
    for end in ends:
        while start < end < len(order) and keys[order[end]] == keys[order[end - 1]]:
            end += 1
        if start < end:
            divided.append(order[start:end])
            start = end
    return divided


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
