"""Wires the worker that archives receipts."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from persistence.dead_letters.consumer import keep_letters
from persistence.dead_letters.store import DeadLetters
from persistence.settings import PersistenceSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.delays import Delays
from persistence.writer.reporter import report
from persistence.writer.worker import Worker
from tillstream import stores
from tillstream.runtime import broker, quiet
from tillstream.runtime.tracing.start import tracing
from tillstream.runtime.watching.watched import watched


def run_worker(settings: PersistenceSettings, stop: threading.Event) -> None:
    """Archive receipts from the queue until `stop`."""
    quiet.release_when_quiet()
    delays = Delays(time.time)
    table = stores.load(settings)
    with (
        tracing(settings, "persistence") as tracer,
        watched(settings, "persistence") as watching,
        connect(settings.mongo_url) as client,
        ThreadPoolExecutor(1, "writer") as writer,
        ThreadPoolExecutor(1, "reporter") as reporter,
        ThreadPoolExecutor(1, "letters") as keeper,
    ):
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        worker = Worker(store, delays, table, writer, watched=watching, tracer=tracer)
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
                watching.vitals,
            )
        finally:
            stop.set()
        reporting.result()
        keeping.result()
