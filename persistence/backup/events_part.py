"""What the events worker has, in a backup: its state, MongoDB, files and log must agree."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pymongo.client_session import ClientSession

from persistence.backup import collections, events_log, log, parquet
from persistence.backup.collections import Archive, Elsewhere
from persistence.backup.folder import BackupError, File, Log, Manifest
from persistence.backup.settings import BackupSettings
from tillstream.log.reader import message_digest
from tillstream.runtime.data_folder import ERASURES, EVENTS_STATE
from tillstream.streams import attribution_documents, worker_state
from tillstream.streams.changes import credits_collection
from tillstream.streams.definition import Definitions
from tillstream.streams.events_log import EventsLog


class EventsPart:
    """The steps of one backup, in the order of its methods."""

    def __init__(self, settings: BackupSettings, definitions: Definitions) -> None:
        self._settings = settings
        self._state = settings.data_dir / EVENTS_STATE
        self._made = {name for name, one in definitions.streams.items() if one.has_changes}
        self._erased = self._erasures()
        #: The position before which the copied files have everything; None where none is needed.
        self.archived_to = worker_state.archived_to(self._state)
        self._log_end: int | None = None
        self._counted_to = 0

    def dump_files(self, folder: Path) -> list[File]:
        """The Parquet files of events."""
        return parquet.dump_events(self._settings.archive_url(), folder)

    @contextmanager
    def fixed(self, database: Archive) -> Iterator[tuple[ClientSession, sqlite3.Connection | None]]:
        """MongoDB and the state as of one moment, to be copied in the block."""
        # What takes long of the first look at the collections is done before the worker waits.
        collections.moment(database).end_session()
        with ExitStack() as stack:
            with worker_state.between_commits(self._state):
                moment = stack.enter_context(collections.moment(database))
                state = stack.enter_context(worker_state.pinned(self._state))
                self._log_end = EventsLog(self._settings.amqp_url).last_fixed()
                self._counted_to = worker_state.counted_to(state)
            yield moment, state

    def require_no_erasure(self) -> None:
        """Raise BackupError where the files are of before an erasure, the state of after it."""
        if self._erasures() != self._erased:
            raise BackupError("a person was erased while the backup ran; run it again")

    def dump_log(self, folder: Path, stop: threading.Event) -> Log:
        """The log, from which what the worker made since is left out."""
        return events_log.dump(
            self._settings.amqp_url, folder, self._made, self._log_end, self._counted_to, stop
        )

    def _erasures(self) -> bytes:
        path = self._settings.data_dir / ERASURES
        return path.read_bytes() if path.exists() else b""


def kept_elsewhere(definitions: Definitions, archive: str) -> list[Elsewhere]:
    """Conversions and credits in another database than the archive's.

    Windows there are not copied: their worker writes every row that its state has where MongoDB has
    none.
    """
    return [
        (place, name)
        for one in definitions.attributions.values()
        if (place := attribution_documents.database_name(one, archive)) != archive
        for name in (attribution_documents.collection_name(one), credits_collection(one))
    ]


def renew(folder: Path, manifest: Manifest, state: Path) -> None:
    """Let the copy of the state go on with the restored log and files."""
    kept = manifest.events_log
    first = None if kept is None else next(log.messages_of(folder, kept.parts), None)
    worker_state.begin_anew(
        state,
        manifest.events_archived_to,
        first.offset if first else 0,
        message_digest(first) if first else None,
    )
