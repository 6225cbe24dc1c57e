"""`python -m persistence upgrade`: queues, archive and data folder of an older version to this one.

With every room ended. It may be run at any time and again: what is as it should be is left alone.
"""

import argparse
import threading
import time

import pika.exceptions
from pymongo.errors import PyMongoError

from persistence.backup.settings import BackupSettings
from persistence.rebuild_log.command import rebuild
from persistence.upgrade import documents, queues
from persistence.writer import archive_writer as writing
from tillstream import stores, topology
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker, data_folder, logs, process


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
    with writing.connect(settings.mongo_url) as client:
        database = client[settings.mongo_database]
        store = writing.Archive(client, settings.mongo_database, time.time, settings)
        with broker.connect(url, "upgrade", heartbeat_seconds=0) as connection:
            made = queues.remake(url, connection, store, database, table, stop)
        remade = documents.remake(database, store, table, stop)
    done = [f"queues made anew: {', '.join(made) or 'none'}"]
    if topology.RECEIPTS_LOG in made:
        done += rebuild(settings, stop).lines()
    data_folder.note_current(settings.data_dir)
    done.append(
        f"archive: {remade.seen} documents, {remade.replaced} made anew, {remade.moved} under"
        f" another key, {remade.unreadable} left as they are"
    )
    return [*done, f"data folder: version {data_folder.VERSION}"]
