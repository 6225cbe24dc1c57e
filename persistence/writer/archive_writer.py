"""MongoDB: writes documents durably, tells duplicates from conflicts, waits while it is away."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog
import tenacity
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import ConnectionFailure, PyMongoError

from persistence.schema import migrate
from persistence.settings import RetentionSettings
from persistence.writer.anonymous import anonymous
from persistence.writer.documents import conflict, content_digest
from persistence.writer.entries import Encoded, Entry, encoded
from persistence.writer.erasures import Erasures
from persistence.writer.inserting import (
    REFUSALS,
    NotDurableError,
    insert,
)
from persistence.writer.remade_documents import remake
from tillstream import archive
from tillstream.archive import Document, raw_bytes
from tillstream.bulk_write import DUPLICATE_KEY
from tillstream.clock import Clock, utc
from tillstream.stores import StoreTable

log = structlog.get_logger()

#: One attempt ends within these, so that a worker that was told to stop does so.
SERVER_SELECTION_MS = 2_000
SOCKET_MS = 4_000
#: Less than the socket's, so that the server says that a majority write is late.
WTIMEOUT_MS = 3_000

#: Longest wait between two attempts, seconds.
MAX_BACKOFF_SECONDS = 3

REASON_CHARACTERS = 200

#: A batch that was encoded longer ago is encoded anew: its `storedAt` would be too old.
READY_FOR = timedelta(seconds=5)


class Outcome(NamedTuple):
    """What became of a batch's entries; every one is in exactly one of the four."""

    stored: list[Entry]
    duplicates: int
    conflicts: int
    #: Index in the batch, and MongoDB's reason.
    refused: list[tuple[int, str]]


def connect(url: str) -> MongoClient[Document]:
    """A client that connects when it is first used.

    Without retryable writes: the archive repeats a write by itself, and recognises what the
    first attempt stored.
    """
    return archive.connect(
        url,
        "tillstream persistence",
        server_ms=SERVER_SELECTION_MS,
        socket_ms=SOCKET_MS,
        retry_writes=False,
    )


class ArchiveWriter:
    """The collections `receipts` and `conflicts` of one database."""

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        stores: StoreTable,
        clock: Clock,
        retention: RetentionSettings | None = None,
    ) -> None:
        """Without `retention`, it keeps for ever what it stores."""
        self._retention = retention or RetentionSettings()
        self._stores = stores
        self._clock = clock
        self._prepared = False
        durable = archive.majority(client, database, wtimeout_ms=WTIMEOUT_MS)
        self._receipts: Collection[Document] = durable[archive.RECEIPTS]
        self._conflicts: Collection[Document] = durable[archive.CONFLICTS]
        self._erasures = Erasures(durable)

    def prepare(self) -> bool:
        """Bring the database to this version; whether anything was to be done.

        Raises NewerSchemaError, and PyMongoError: what was done until then is no harm.
        """
        if self._prepared:
            return False
        done = migrate(self._receipts.database, self._retention, self._remake_older)
        self._prepared = True
        return done

    def store(
        self,
        entries: list[Entry],
        give_up: threading.Event,
        ready: Encoded | None = None,
    ) -> Outcome | None:
        """Write entries with majority and journal, again with backoff while that fails.

        `ready` are their documents, where they were encoded while another batch was written.
        Entries whose customer was erased are replaced in the list. Returns None when `give_up` was
        set before an attempt succeeded: then some of them may be stored, and the whole batch has
        to come again.
        """
        again = False

        def attempt() -> Outcome:
            nonlocal again
            try:
                return self._store(entries, None if again else ready, again=again)
            finally:
                again = True

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PyMongoError),
            wait=tenacity.wait_random_exponential(0.1, max=MAX_BACKOFF_SECONDS),
            stop=tenacity.stop_when_event_set(give_up),
            sleep=tenacity.sleep_using_event(give_up),
            before_sleep=_report,
            retry_error_callback=lambda _: None,
        )
        return retrying(attempt)

    def _store(
        self,
        entries: list[Entry],
        ready: Encoded | None,
        *,
        again: bool,
    ) -> Outcome:
        self.prepare()
        return self._write(entries, ready, again=again)

    def _write(self, entries: list[Entry], ready: Encoded | None, *, again: bool) -> Outcome:
        if not entries:
            return Outcome([], 0, 0, [])
        now = utc(self._clock())
        # What waited long for the batch before is stored now, not when it was encoded.
        if self._erasures.apply(entries) or ready is None or now - ready.stored_at > READY_FOR:
            ready = encoded(entries, now)
        # Neighbours in the indexes one after the other; stable: the first of an identity stays it.
        order = sorted(range(len(entries)), key=lambda index: entries[index].key)
        inserted = insert(self._receipts, [ready.documents[index] for index in order])
        errors = {order[place]: error for place, error in inserted.items()}
        refused = [(index, reason) for index, (code, reason) in errors.items() if code in REFUSALS]
        taken = [entries[index] for index, (code, _) in errors.items() if code == DUPLICATE_KEY]
        stored = [entry for index, entry in enumerate(entries) if index not in errors]
        ours, others, duplicates = self._compare(taken, again=again)
        conflicts = self._keep_conflicts(others, again=again)
        return Outcome(
            stored + ours, duplicates + len(others) - conflicts, conflicts, sorted(refused)
        )

    def _compare(
        self, taken: Sequence[Entry], *, again: bool
    ) -> tuple[list[Entry], list[Entry], int]:
        """Entries whose identity was there: stored by our last attempt, conflicts, duplicates."""
        if not taken:
            return [], [], 0
        keys = list({entry.key for entry in taken})
        found = self._receipts.find({"_id": {"$in": keys}}, {"raw": 1, "erasedAt": 1})
        first = {each["_id"]: each for each in found}
        ours: list[Entry] = []
        others: list[Entry] = []
        duplicates = 0
        for came in taken:
            entry, known = came, first.get(came.key)
            if known is None:
                # Another worker has written it, but no majority has it yet.
                raise NotDurableError(entry.key)
            if "erasedAt" in known:
                # Sent again after its customer was erased: neither a conflict, nor kept as one.
                entry = anonymous(entry, known["erasedAt"])
            kept = raw_bytes(known)
            if again and entry.raw == kept:
                ours.append(entry)
            elif entry.raw == kept or content_digest(entry.raw) == content_digest(kept):
                duplicates += 1
            else:
                others.append(entry)
        return ours, others, duplicates

    def _keep_conflicts(self, others: Sequence[Entry], *, again: bool) -> int:
        """Keep what has an identity that is taken; returns how many were not kept before."""
        if not others:
            return 0
        kept = [conflict(entry.key, entry.raw) for entry in others]
        known = insert(self._conflicts, kept)
        new = [each for index, each in enumerate(kept) if again or index not in known]
        for each in new:
            log.warning("conflict: an identity came again with other content", key=each["key"])
        return len(new)

    def _remake_older(self) -> None:
        def store(entries: list[Entry], ready: Encoded | None) -> list[tuple[int, str]]:
            return self._write(entries, ready, again=False).refused

        for _ in remake(self._receipts.database, store, self._stores, older=True):
            pass


def _report(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    # The rest of pymongo's text is its view of the whole replica set.
    said = {"error": type(error).__name__, "reason": str(error)[:REASON_CHARACTERS]}
    if isinstance(error, ConnectionFailure | NotDurableError):
        log.warning("archive away, trying again", **said)
    else:
        # Nothing is lost, but it does not pass by itself: no space, no permission.
        log.error("archive refuses to write, trying again", **said)
