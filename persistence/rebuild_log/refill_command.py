"""`tillstream refill`: log and archive get from each other what one of them lacks.

The archive what the log has; with `--day` the log what the archive has of these days, too. What is
there is recognised by its identity, so it may run at any time, and again.
"""

import argparse
import threading
import time
from collections.abc import Sequence
from datetime import date

import pika.exceptions
from pymongo.errors import PyMongoError

from persistence.rebuild_log.missing_from_log import Brought, MissingFromLog
from persistence.settings import PersistenceSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.refill import refill
from tillstream import archive, stores
from tillstream.clock import day_of_text
from tillstream.errors import ServerNotReadyError
from tillstream.log.partitioned_log import receipts_log
from tillstream.runtime import broker, logs, process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which days the log gets what the archive has."""
    parser.add_argument(
        "--day",
        action="append",
        type=_day,
        default=[],
        metavar="YYYY-MM-DD",
        help="also bring to the log what the archive has of this day (of the receipts' dates) and"
        " the log has not: `verify` names the days; several by repetition",
    )


def run(arguments: argparse.Namespace) -> int:
    """Bring both up and say how many; 1 where something is left that cannot be brought."""
    settings = process.load_settings(PersistenceSettings)
    logs.configure(settings, "refill")
    process.calm_collector()
    process.calm_allocator()
    try:
        stored, known, brought = refill_both(settings, arguments.day, process.stop_on_signals())
    except (pika.exceptions.AMQPError, PyMongoError, OSError) as error:
        process.fail(ServerNotReadyError(f"not all is brought; run it again: {error!r}"))
    print(f"stored {stored} receipts that were missing; {known} were there")
    if arguments.day:
        print(f"brought to the log {brought.receipts} receipts, {brought.conflicts} conflicts")
    for key in brought.altered:
        print(
            f"not brought to the log: {key!r}: its bytes are not that receipt, somebody altered"
            " them; restore it from a backup, or delete it"
        )
    return 1 if brought.altered else 0


def refill_both(
    settings: PersistenceSettings, days: Sequence[date], stop: threading.Event
) -> tuple[int, int, Brought]:
    """Receipts that the archive got, that were there, and what the log got of some days.

    Raises pika's errors, PyMongoError, StoppedError, and without days LogTruncatedError.
    """
    table = stores.load(settings)
    with connect(settings.mongo_url) as client:
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        missing = MissingFromLog(archive.majority(client, settings.mongo_database), days)
        # Of a log that has lost its beginning some of a day may come to it again, and count once.
        stored, known = refill(
            settings.amqp_url, store, table, stop, whole=not days, read=missing.read
        )
        if not days:
            return stored, known, Brought(0, 0, [])
        marks = receipts_log(settings.amqp_url).marks
        with broker.connect(settings.amqp_url, "refill", heartbeat_seconds=0) as connection:
            fed = marks[-1].partitions if marks else 1
            return stored, known, missing.bring(connection, fed, table, stop)


def _day(text: str) -> date:
    try:
        return day_of_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
