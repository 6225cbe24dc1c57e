"""`python -m persistence backup FOLDER`: the archive, the log and the state, while receipts flow.

The order makes the copies agree:

1. the door's count: what it says was accepted is in the log by now, and stays there;
2. dead letters that wait on their queue: into the archive, where a backup finds them;
3. the Parquet files of events: what the state has counted beyond them, the log has;
4. the archive and the state of the events worker, of one moment: the worker commits nothing while
   both are fixed, so what MongoDB has of it is what the state says that it has;
5. the Parquet files of receipts: a day that MongoDB has dropped is in them by now;
6. the state of the receivers, of one moment with the end of the receipts log: what it has as
   posted is in the log or in its outbox, and nothing else of deliveries is in the log;
7. the logs, up to their ends as they are after that. Of events those are left out that the worker
   has made since 4: whoever goes on from its state makes them again.

So the logs hold all of the count, the archive and the state; what they have beyond, a restore
stores and the events worker counts.
"""

import argparse
import threading
import time
import uuid
from pathlib import Path

import pika.exceptions
from pymongo.errors import PyMongoError

from persistence.backup import collections, log, parquet, state
from persistence.backup.events_part import EventsPart, kept_elsewhere
from persistence.backup.folder import (
    VERSION,
    BackupError,
    Manifest,
    write_manifest,
    written_aside,
)
from persistence.backup.settings import BackupSettings
from persistence.dead_letters.consumer import drain_letters
from persistence.dead_letters.store import DeadLetters
from tillstream import topology
from tillstream.clock import Clock, utc
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker, logs, process
from tillstream.streams import definitions_file

#: Longest that dead letters are taken from their queue: the receipts wait meanwhile.
DRAIN_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", type=Path, help="where the backup is made; must not exist")


def run(arguments: argparse.Namespace) -> int:
    """Make a backup and say what it holds."""
    settings = process.load_settings(BackupSettings)
    logs.configure(settings, "backup")
    try:
        made = backup(settings, arguments.folder, time.time, process.stop_on_signals())
    except OSError as error:
        # Of a file; a connection that fails names none.
        said = f"{error.filename}: {error.strerror}" if error.filename else repr(error)
        process.fail(BackupError(f"no backup was made: {said}"))
    except (pika.exceptions.AMQPError, PyMongoError) as error:
        process.fail(ServerNotReadyError(f"no backup was made: {error!r}"))
    for line in summary(made):
        print(line)
    return 0


def backup(settings: BackupSettings, folder: Path, clock: Clock, stop: threading.Event) -> Manifest:
    """Write a whole backup to `folder`, or nothing."""
    with (
        written_aside(folder) as aside,
        collections.connect(settings.mongo_url) as client,
    ):
        # 1. the door's count, with the other small files
        files = state.dump(settings.data_dir, aside)
        # 2. dead letters
        database = client[settings.mongo_database]
        left = _drain_letters(settings.amqp_url, DeadLetters(database), clock, stop)
        # 3. files of events
        definitions = definitions_file.load_settings(settings)
        events = EventsPart(settings, definitions)
        files_of_events = events.dump_files(aside)
        # 4. the archive and the state of one moment
        with events.fixed(database) as (moment, state_then):
            files += state.dump_events(settings.data_dir, aside, state_then)
            elsewhere = kept_elsewhere(definitions, settings.mongo_database)
            archive = collections.dump(database, moment, elsewhere, aside, stop)
        events.require_no_erasure()
        # 5. files of receipts
        parquet_files = files_of_events + parquet.dump_receipts(settings.archive_url(), aside)
        # 6. the state of the receivers, 7. the logs
        with state.receivers_fixed(settings.data_dir) as receivers_then:
            files += state.dump_receivers(aside, receivers_then)
            ends = log.ends(settings.amqp_url)
        messages = log.dump(ends, aside, stop)
        events_log = events.dump_log(aside, stop)
        manifest = Manifest(
            version=VERSION,
            id=uuid.uuid4().hex,
            created=utc(clock()),
            database=settings.mongo_database,
            collections=archive,
            log=messages,
            state=files,
            letters_left=left,
            events_log=events_log,
            events_archived_to=events.archived_to,
            parquet=parquet_files,
        )
        write_manifest(aside, manifest)
    return manifest


def summary(manifest: Manifest) -> list[str]:
    """What a backup holds, a line each."""
    lines = [
        f"{collection.database}{'.' if collection.database else ''}{collection.name}:"
        f" {sum(part.records for part in collection.parts)} documents"
        for collection in manifest.collections
    ]
    lines.append(f"log: {sum(part.records for part in manifest.log.parts)} messages")
    if manifest.log.first_offset:
        lines.append(
            f"the log begins at offset {manifest.log.first_offset}: what was before is only in the"
            " archive, so no `verify` can compare it"
        )
    if manifest.events_log is not None:
        lines.append(
            f"log of events: {sum(part.records for part in manifest.events_log.parts)} messages"
        )
        lines.append(f"Parquet: {len(manifest.parquet)} files")
    if manifest.letters_left:
        lines.append(
            f"{manifest.letters_left} dead letters were left on the queue {topology.DEAD_LETTERS}:"
            " they are not in this backup; make another when the worker has taken them"
        )
    lines += [f"{file.path}: {file.bytes} bytes" for file in manifest.state]
    packed = sum(file.bytes for file in manifest.files())
    lines.append(f"{len(manifest.files())} files, {packed} bytes")
    return lines


def _drain_letters(url: str, letters: DeadLetters, clock: Clock, stop: threading.Event) -> int:
    with broker.connect(url, "backup") as connection:
        broker.declare(connection.channel())
        return drain_letters(letters, clock, connection, stop, DRAIN_SECONDS)
