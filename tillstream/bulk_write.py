"""What became of a bulk write to MongoDB that did not go through."""

from pymongo.errors import BulkWriteError

DUPLICATE_KEY = 11_000


def places_taken(error: BulkWriteError) -> list[int]:
    """The writes, by their indexes, that found a document with their key.

    Raises `error` where anything else went wrong: another write failed, or a majority does not have
    what was written, as while a node shuts down; then none of it may count as stored.
    """
    failed = error.details["writeErrors"]
    if error.details.get("writeConcernErrors") or any(
        one["code"] != DUPLICATE_KEY for one in failed
    ):
        raise error
    return [one["index"] for one in failed]
