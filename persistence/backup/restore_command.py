"""`python -m persistence restore FOLDER`: a backup into an empty system, and never over data.

The critical sequence:

1. check every checksum of the backup;
2. check that every room is ended and that archive, logs, files and state hold no receipt or event;
3. mark the database: from here on a restore that was stopped or killed can be run again;
4. the logs, each message read back;
5. the archive, then its indexes;
6. the Parquet files, the door's count and keys, and the state of the events worker, which goes on
   from there;
7. what the log has and the archive has not: receipts that were on their way at the backup;
8. remove the mark.

Nothing is written before 3.
"""

import argparse
import threading
import time
from functools import partial
from pathlib import Path

import pika.exceptions
from pymongo.errors import PyMongoError

from persistence.backup import collections, log, parquet, state
from persistence.backup.backup_command import summary
from persistence.backup.events_part import renew
from persistence.backup.folder import Manifest, check
from persistence.backup.settings import BackupSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.queue_drain import require_idle
from persistence.writer.refill import refill
from tillstream import stores, topology
from tillstream.errors import ServerNotReadyError
from tillstream.log.partitioned_log import mark_end
from tillstream.runtime import broker, logs, process
from tillstream.runtime.progress import progress

#: What makes the restored system provable.
NEXT = "prove it: `tillstream recount`, then `tillstream verify`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and how much of it."""
    parser.add_argument("folder", type=Path, help="a backup")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--check", action="store_true", help="check the backup, and restore nothing")
    only.add_argument(
        "--archive-only",
        action="store_true",
        help="MongoDB alone was lost: the log of the broker goes on, the state stays as it is",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the backup, restore it, say what was done and what to do next."""
    try:
        manifest = check(arguments.folder)
        if arguments.check:
            print("\n".join([*summary(manifest), "every checksum holds"]))
            return 0
        settings = process.load_settings(BackupSettings)
        logs.configure(settings, "restore")
        stop = process.stop_on_signals()
        for line in restore(
            settings, arguments.folder, manifest, stop, archive_only=arguments.archive_only
        ):
            print(line)
    except (pika.exceptions.AMQPError, PyMongoError, OSError) as error:
        process.fail(ServerNotReadyError(f"not restored; run it again: {error!r}"))
    return 0


def restore(
    settings: BackupSettings,
    folder: Path,
    manifest: Manifest,
    stop: threading.Event,
    *,
    archive_only: bool,
) -> list[str]:
    """Steps 2 to 8; returns what was done, a line each."""
    done = []
    with collections.connect(settings.mongo_url) as client:
        database = client[settings.mongo_database]
        # 2. rooms ended, everything empty
        _require_idle(settings.amqp_url)
        again = collections.require_empty(database, manifest.id)
        if not (again or archive_only):
            state.require_empty(settings.data_dir, folder, manifest.state)
            log.require_empty(settings.amqp_url)
            if manifest.events_log is not None:
                log.require_empty(settings.amqp_url, topology.EVENTS_LOG)
                parquet.require_empty(settings.archive_url())
        # 3. mark
        collections.mark(database, manifest.id)
        if not archive_only:
            # 4. log
            messages = log.messages_of(folder, manifest.log.parts)
            total = sum(part.records for part in manifest.log.parts)
            with progress("log", "messages", total) as shown:
                messages = shown.each(messages)
                restored = log.restore(settings.amqp_url, messages, stop)
            mark_end(settings.amqp_url, settings.log_partitions)
            done.append(f"log: {restored.published} messages, {restored.there} were there")
            if manifest.events_log is not None:
                messages = log.messages_of(folder, manifest.events_log.parts)
                restored = log.restore(settings.amqp_url, messages, stop, topology.EVENTS_LOG)
                done.append(f"log of events: {restored.published} messages")
        # 5. archive
        documents = collections.restore(database, folder, manifest.collections, stop)
        done.append(f"archive: {documents} documents")
        if not archive_only:
            # 6. files and state
            parquet.restore(settings.archive_url(), folder, manifest.parquet)
            if manifest.parquet:
                done.append(f"Parquet: {len(manifest.parquet)} files")
            state.restore(
                settings.data_dir, folder, manifest.state, partial(renew, folder, manifest)
            )
        # 7. what was on its way
        with connect(settings.mongo_url) as writer:
            table = stores.load(settings)
            store = ArchiveWriter(writer, settings.mongo_database, table, time.time, settings)
            stored, _ = refill(settings.amqp_url, store, table, stop)
        done.append(f"from the log into the archive: {stored} receipts")
        # 8. unmark
        collections.unmark(database)
    return [*done, NEXT]


def _require_idle(url: str) -> None:
    with broker.connect(url, "restore") as connection, connection.channel() as channel:
        broker.declare(channel)
        streams = (
            *topology.partition_queues(broker.partitions_of(connection) or 1),
            *topology.event_queues(broker.event_partitions(connection)),
        )
        for queue in (*(one.name for one in streams), topology.PERSISTENCE_QUEUE):
            require_idle(channel, queue)
