"""`python -m persistence`: the worker that archives receipts."""

import argparse
import importlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from structlog.contextvars import bind_contextvars, get_contextvars

from persistence.dead_letters.consumer import keep_letters
from persistence.dead_letters.store import DeadLetters
from persistence.settings import PersistenceSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.delays import Delays
from persistence.writer.refill import refill
from persistence.writer.reporter import report
from persistence.writer.worker import Worker
from tillstream import stores
from tillstream.errors import TillstreamError
from tillstream.runtime import broker, logs, process, quiet

#: Modules with `add_arguments(parser)` and `run(arguments)`, which returns the exit status; and
#: what each command is for.
COMMANDS = {
    "migrate": (
        "persistence.upgrade.migrate_command",
        "prepare the database, as the worker does at its start",
    ),
    "dead-letters": (
        "persistence.dead_letters.command",
        "list, show, send again or drop what could not be archived",
    ),
    "api": ("persistence.api.command", "answer questions over HTTP on ARCHIVE_API_PORT"),
    "export-parquet": (
        "persistence.parquet.export_command",
        "write closed business days to Parquet files",
    ),
    "tiers": (
        "persistence.tiers.command",
        "export closed days, and drop what MongoDB need not keep, once a day",
    ),
    "sql": ("persistence.parquet.sql_command", "answer a SELECT over every receipt"),
    "erase-customer": (
        "persistence.erasure.command",
        "take a customer out of everything that is kept",
    ),
    "backup": (
        "persistence.backup.backup_command",
        "copy the archive, the log and the state to a folder",
    ),
    "restore": (
        "persistence.backup.restore_command",
        "bring a backup into an empty system",
    ),
    "rebuild-log": (
        "persistence.rebuild_log.command",
        "make the log's stream anew from the archive",
    ),
    "upgrade": (
        "persistence.upgrade.command",
        "bring queues, archive and data folder of an older version to this one",
    ),
    "seal": ("persistence.seal.seal_command", "close the business days that are over"),
    "export-seals": (
        "persistence.seal.export_command",
        "write seals and sealed receipts to a folder",
    ),
    "verify-seal": (
        "persistence.seal.verify_command",
        "find what was altered, removed or inserted since it was sealed",
    ),
}


def main() -> None:
    """Run the worker until SIGTERM or SIGINT, or a command."""
    parser = argparse.ArgumentParser(prog="python -m persistence", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("refill", help="store what the log has and the archive has not")
    modules: dict[str, Any] = {}
    for name, (module, said) in COMMANDS.items():
        subparser = commands.add_parser(name, help=said)
        # The worker shall not carry the libraries of every command: only what is run is imported.
        if name in sys.argv[1:2]:
            modules[name] = importlib.import_module(module)
            modules[name].add_arguments(subparser)
    arguments = parser.parse_args()
    command = arguments.command
    if command in modules:
        try:
            raise SystemExit(modules[command].run(arguments))
        except TillstreamError as error:
            process.fail(error)
    settings = process.load_settings(PersistenceSettings)
    logs.configure(settings, "persistence")
    process.calm_collector()
    process.calm_allocator()
    stop = process.stop_on_signals()
    try:
        if command == "refill":
            run_refill(settings, stop)
        else:
            run_worker(settings, stop)
    except TillstreamError as error:
        process.fail(error)


def run_refill(settings: PersistenceSettings, stop: threading.Event) -> None:
    """Store what the log has and the archive has not, and say how many."""
    with connect(settings.mongo_url) as client:
        table = stores.load(settings)
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        stored, known = refill(settings.amqp_url, store, table, stop)
    print(f"stored {stored} receipts that were missing; {known} were there")


def run_worker(settings: PersistenceSettings, stop: threading.Event) -> None:
    """Archive receipts from the queue until `stop`."""
    quiet.release_when_quiet()
    delays = Delays(time.time)
    table = stores.load(settings)
    # Threads do not inherit the log's context.
    in_context = partial(bind_contextvars, **get_contextvars())
    with (
        connect(settings.mongo_url) as client,
        ThreadPoolExecutor(1, "writer", in_context) as writer,
        ThreadPoolExecutor(1, "reporter", in_context) as reporter,
        ThreadPoolExecutor(1, "letters", in_context) as keeper,
    ):
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        worker = Worker(store, delays, table, writer)
        letters = DeadLetters(client[settings.mongo_database])
        reporting = reporter.submit(
            broker.keep_connected,
            settings.amqp_url,
            "persistence metrics",
            lambda connection: report(delays, connection, stop),
            stop,
        )
        keeping = keeper.submit(
            broker.keep_connected,
            settings.amqp_url,
            "persistence dead letters",
            lambda connection: keep_letters(letters, time.time, connection, stop),
            stop,
        )
        # The end of one ends the others; a figure that stops must not look like a quiet shop.
        for each in (reporting, keeping):
            each.add_done_callback(lambda _: stop.set())
        try:
            broker.keep_connected(
                settings.amqp_url,
                "persistence",
                lambda connection: worker.run(connection, stop),
                stop,
            )
        finally:
            stop.set()
        reporting.result()
        keeping.result()


if __name__ == "__main__":
    main()
