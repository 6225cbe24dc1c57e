"""The archive's collections in a backup: one cut of them all, while receipts flow."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tenacity
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure
from pymongo.write_concern import WriteConcern

from persistence.backup.folder import BackupError, Collection
from persistence.backup.parts import RAW, PartWriter, read_parts
from persistence.schema import SCHEMA
from tillstream import alert_records, archive, job_records
from tillstream.bulk_write import places_taken
from tillstream.log.reader import StoppedError
from tillstream.runtime.progress import Progress, progress

#: Marks a database that a restore is filling; `_id` is the backup's.
MARKER = "restoring"

#: Longest wait for MongoDB, milliseconds.
SOCKET_MS = 60_000

#: What a start writes that takes nothing: what is migrated, declared, leased and watched.
OF_THE_START = frozenset({SCHEMA, job_records.JOBS, job_records.LEASES, alert_records.TARGETS})

SNAPSHOT_TOO_OLD = 239
SNAPSHOT_UNAVAILABLE = 246

#: One write of a restore: documents, and bytes.
BATCH_DOCUMENTS = 2_000
BATCH_BYTES = 8 * 1024 * 1024

Archive = Database[dict[str, Any]]


def connect(url: str) -> MongoClient[dict[str, Any]]:
    """A client of the backup."""
    return archive.connect(url, "tillstream backup", socket_ms=SOCKET_MS)


def names(database: Archive) -> list[str]:
    """The collections that hold data, sorted: not those that every start writes anew."""
    found = database.list_collection_names(filter={"type": "collection"})
    return sorted(
        name for name in found if not name.startswith("system.") and name not in OF_THE_START
    )


#: A collection of another database than the archive's: the database, and its name.
Elsewhere = tuple[str, str]


def dump(
    database: Archive,
    moment: ClientSession,
    elsewhere: Iterable[Elsewhere],
    folder: Path,
    stop: threading.Event,
) -> list[Collection]:
    """Every collection as it was at a moment; raises StoppedError, or BackupError when MongoDB no
    longer keeps that moment.
    """
    wanted = [("", name) for name in names(database)] + sorted(set(elsewhere))
    try:
        about = sum(_in(database, place)[name].estimated_document_count() for place, name in wanted)
        with progress("archive", "documents", about) as shown:
            return [_dump_one(database, each, moment, folder, stop, shown) for each in wanted]
    except OperationFailure as error:
        if error.code != SNAPSHOT_TOO_OLD:
            raise
        raise BackupError(
            "the backup takes longer than MongoDB keeps a moment; raise its parameter"
            " minSnapshotHistoryWindowInSeconds (300 by default) and run it again"
        ) from error


def require_empty(database: Archive, backup_id: str) -> bool:
    """Whether an attempt at this restore is there; BackupError when the database holds else."""
    held = names(database)
    marked = database[MARKER].find_one() if MARKER in held else None
    if marked is not None and marked["_id"] == backup_id:
        return True
    full = [name for name in held if database[name].find_one({}, {"_id": 1}) is not None]
    if full:
        raise BackupError(
            f"the database {database.name} holds data ({', '.join(full)}); restore to an empty one:"
            " set MONGO_DATABASE to a new name, or drop it yourself"
        )
    return False


def mark(database: Archive, backup_id: str) -> None:
    """From here on a restore of this backup may be run again.

    Its documents may be of an earlier version: whoever writes next prepares the database anew.
    """
    _durable(database)[SCHEMA].delete_many({})
    _durable(database)[MARKER].replace_one({"_id": backup_id}, {"_id": backup_id}, upsert=True)


def unmark(database: Archive) -> None:
    """The restore is whole."""
    _durable(database)[MARKER].drop()


def moment(database: Archive) -> ClientSession:
    """A session that sees everything as it is now, to be ended."""
    return _moment(database, names(database))


def restore(
    database: Archive, folder: Path, collections: Sequence[Collection], stop: threading.Event
) -> int:
    """Insert every document that is not there; returns how many the backup holds."""
    total = sum(part.records for each in collections for part in each.parts)
    with progress("archive", "documents", total) as shown:
        for collection in collections:
            _restore_one(database, folder, collection, stop, shown)
    return total


def _restore_one(
    database: Archive,
    folder: Path,
    collection: Collection,
    stop: threading.Event,
    shown: Progress,
) -> None:
    target = _durable(_in(database, collection.database))[collection.name]
    for batch in _batches(read_parts(folder, collection.parts)):
        if stop.is_set():
            raise StoppedError("stopped; the next restore of this backup goes on here")
        try:
            # They were valid where they came from.
            target.insert_many(batch, ordered=False, bypass_document_validation=True)
        except BulkWriteError as error:
            # An earlier restore, which was stopped, brought them.
            places_taken(error)
        shown.advance(len(batch))


def _moment(database: Archive, wanted: list[str]) -> ClientSession:
    """A session that sees one moment at which all these collections are there."""

    def attempt() -> ClientSession:
        session = database.client.start_session(snapshot=True)
        try:
            for name in wanted:
                database[name].find_one({}, {"_id": 1}, session=session)
        except BaseException:
            session.end_session()
            raise
        return session

    # What was just made is younger than the moment on which a majority has agreed.
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, OperationFailure) and error.code == SNAPSHOT_UNAVAILABLE
        ),
        wait=tenacity.wait_random_exponential(0.1, max=2),
        stop=tenacity.stop_after_delay(20),
        reraise=True,
    )
    return retrying(attempt)


def _in(database: Archive, name: str) -> Archive:
    return database.client[name] if name else database


def _dump_one(
    database: Archive,
    which: Elsewhere,
    session: ClientSession,
    folder: Path,
    stop: threading.Event,
    shown: Progress,
) -> Collection:
    place, name = which
    collection = _in(database, place).get_collection(name).with_options(codec_options=RAW)
    found = collection.find({}, session=session)
    path = f"archive/{place}/{name}" if place else f"archive/{name}"
    with PartWriter(folder, path) as writer, found:
        for document in found:
            if stop.is_set():
                raise StoppedError("stopped before the end of the archive")
            writer.add(document.raw)
            shown.advance()
    return Collection(name, writer.parts, place)


def _batches(documents: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.raw)
        if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _durable(database: Archive) -> Archive:
    return database.with_options(
        write_concern=WriteConcern("majority", wtimeout=SOCKET_MS // 2, j=True)
    )
