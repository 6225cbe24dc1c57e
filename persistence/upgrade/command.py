"""`python -m persistence upgrade`: queues, archive and data folder of an older version to this one.

With every room ended. It may be run at any time and again: what is as it should be is left alone.
"""

import argparse
import threading
import time

import pika.exceptions
from pymongo.database import Database
from pymongo.errors import PyMongoError

from persistence.backup.settings import BackupSettings
from persistence.rebuild_log.command import rebuild
from persistence.upgrade import queues
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.entries import Encoded, Entry
from persistence.writer.remade_documents import Remade, remake
from tillstream import stores, topology
from tillstream.archive import Document, majority
from tillstream.errors import ServerNotReadyError
from tillstream.log.reader import StoppedError
from tillstream.runtime import broker, data_folder, logs, process
from tillstream.runtime.progress import progress
from tillstream.stores import StoreTable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""
    parser.epilog = "The ledger is brought along by `python -m analytics recount`, before this."


def run(_: argparse.Namespace) -> int:
    """Upgrade and say what was done."""
    settings = process.load_settings(BackupSettings)
    logs.configure(settings, "upgrade")
    try:
        print("; ".join(upgrade(settings, process.stop_on_signals())))
    except (pika.exceptions.AMQPError, PyMongoError, OSError) as error:
        process.fail(ServerNotReadyError(f"not upgraded; run it again: {error!r}"))
    return 0


def upgrade(settings: BackupSettings, stop: threading.Event) -> list[str]:
    """Returns what was done; raises TillstreamError where a part of it could not be done."""
    url, table = settings.amqp_url, stores.load(settings)
    data_folder.require_known(settings.data_dir)
    with connect(settings.mongo_url) as client:
        database = majority(client, settings.mongo_database)
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        # The collection first takes what this version writes.
        store.prepare()
        with broker.connect(url, "upgrade", heartbeat_seconds=0) as connection:
            made = queues.remake(url, connection, store, database, table, stop)
        remade = _remake(database, store, table, stop)
    done = [f"queues made anew: {', '.join(made) or 'none'}"]
    if topology.RECEIPTS_LOG in made:
        done += rebuild(settings, stop).lines()
    data_folder.note_current(settings.data_dir)
    done.append(
        f"archive: {remade.seen} documents, {remade.replaced} made anew, {remade.moved} under"
        f" another key, {remade.unreadable} left as they are"
    )
    return [*done, f"data folder: version {data_folder.VERSION}"]


def _remake(
    database: Database[Document], archive: ArchiveWriter, table: StoreTable, stop: threading.Event
) -> Remade:
    stopped = StoppedError("stopped before the end of the archive; run it again")

    def store(entries: list[Entry], ready: Encoded | None) -> list[tuple[int, str]]:
        outcome = archive.store(entries, stop, ready)
        if outcome is None:
            raise stopped
        return outcome.refused

    total = Remade(0, 0, 0, 0)
    about = database["receipts"].estimated_document_count()
    with progress("archive", "documents", about) as shown:
        for done in remake(database, store, table, older=False):
            total = Remade(*map(sum, zip(total, done, strict=True)))
            shown.advance(done.seen)
            if stop.is_set():
                raise stopped
    return total
