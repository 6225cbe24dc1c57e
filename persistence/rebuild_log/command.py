"""`python -m persistence rebuild-log`: the log of the receipts made anew from the archive.

The critical sequence, with every worker ended:

1. unbind the queue and the log: a door that runs answers 503 from here on;
2. what waits on the persistence queue, and the dead letters on theirs, into the archive;
3. what the old log still gives and the archive has not, into the archive;
4. delete the log's streams, and declare the first anew;
5. the whole archive into it, each message confirmed;
6. take off the door's count what the new log does not repeat;
7. bind the queue and the log again.

The archive holds everything from 4 on, so that a run that was stopped or killed is run again from
its beginning, with the same result. Receipts that were accepted in between are in the archive too.
"""

import argparse
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pymongo.database import Database
from pymongo.errors import PyMongoError

from persistence.backup.settings import BackupSettings
from persistence.dead_letters.consumer import drain_letters
from persistence.dead_letters.store import DeadLetters
from persistence.rebuild_log.door_count import Surplus, surplus, take_off
from persistence.rebuild_log.republishing import Republished, republish
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.queue_drain import NOT_FOUND, drain_queue, require_idle, waiting
from persistence.writer.refill import refill
from tillstream import stores, topology
from tillstream.errors import ServerNotReadyError, TillstreamError, TopologyDiffersError
from tillstream.log.partitioned_log import mark_end
from tillstream.log.whole_log import LogSilentError
from tillstream.runtime import broker, logs, process
from tillstream.stores import StoreTable

#: Longest that dead letters are taken from their queue, seconds.
LETTERS_SECONDS = 300.0
#: How long a log that was just started may be away before it is taken for lost, seconds.
OPENS_WITHIN_SECONDS = 20.0
POLL_SECONDS = 0.5
#: In the broker's text for a log that is gone, not only away.
NO_QUEUE = "no queue 'receipts.log'"

NEXT = "then: `tillstream recount`, and `tillstream verify`"


class RebuildError(TillstreamError):
    """The log was not touched; the message says what to do first."""


class Rebuilt(NamedTuple):
    """What was done."""

    #: Receipts that came into the archive from its queue and from the old log.
    drained: int
    saved: int
    #: Why the old log could not be read, where it could not.
    unreadable: str | None
    republished: Republished
    surplus: Surplus
    corrected: bool
    seconds: float

    def lines(self) -> list[str]:
        """For people."""
        log, rate = self.republished, self.republished.receipts / max(self.seconds, 0.001)
        lines = [
            f"into the archive first: {self.drained} receipts from the queue,"
            f" {self.saved} from the old log"
            + (f", which cannot be read ({self.unreadable})" if self.unreadable else ""),
            f"log: {log.receipts} receipts, {log.conflicts} conflicts, {log.letters} dead letters"
            f" in {log.messages} messages, {self.seconds:.1f} s ({rate:,.0f} receipts/s)",
        ]
        count = self.surplus.receipts
        if count and self.corrected:
            lines.append(f"taken off the door's count: {count} that were sent more than once")
        elif count:
            known = self.surplus.repeated
            lines += [
                f"the door counted {count} receipts more than the archive holds, and"
                f" {'no ledger is there to say' if known is None else f'the ledger knows {known}'}"
                " how many of them were repetitions: `verify` will name their days and stores;"
                " `rebuild-log --correct-door` takes them off the door's count",
                *(
                    f"  {day} store {store}: {receipts} receipts, {gross / 100:.2f}"
                    for (day, store), (receipts, gross) in sorted(self.surplus.by_store.items())
                ),
            ]
        return [*lines, NEXT]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be done about the door's count."""
    parser.add_argument(
        "--correct-door",
        action="store_true",
        help="take off the door's count what the archive lacks, also where no ledger explains it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Rebuild and say what was done; 1 where the door's count is not explained."""
    settings = process.load_settings(BackupSettings)
    logs.configure(settings, "rebuild-log")
    try:
        rebuilt = rebuild(settings, process.stop_on_signals(), correct_door=arguments.correct_door)
    except (pika.exceptions.AMQPError, PyMongoError, OSError) as error:
        process.fail(ServerNotReadyError(f"the log is not rebuilt; run it again: {error!r}"))
    print("\n".join(rebuilt.lines()))
    return 0 if rebuilt.corrected or not rebuilt.surplus.receipts else 1


def rebuild(
    settings: BackupSettings, stop: threading.Event, *, correct_door: bool = False
) -> Rebuilt:
    """Steps 1 to 7. Raises RebuildError before step 4 where something would be lost."""
    url, table = settings.amqp_url, stores.load(settings)
    with connect(settings.mongo_url) as client:
        database = client[settings.mongo_database]
        store = ArchiveWriter(client, settings.mongo_database, table, time.time, settings)
        connection = broker.connect(url, "rebuild-log", heartbeat_seconds=0)
        begun = False
        try:
            partitions = broker.partitions_of(connection)
            streams = [one.name for one in topology.partition_queues(partitions or 1)]
            _with_queues(connection, streams, require_idle)
            # 1. unbind
            _with_queues(connection, streams, _unbind)
            # 2. queue, then dead letters
            drained = _drain(url, connection, store, database, table, stop)
            # 3. the old log
            saved, unreadable = _save(url, store, table, stop)
            _require_archive(database, unreadable)
            # 4. delete, declare
            started = time.monotonic()
            channel = connection.channel()
            _delete_log(channel, partitions)
            begun = True
            broker.declare_queue(channel, topology.queue(topology.RECEIPTS_LOG))
            # 5. publish
            republished = republish(channel, database, stop)
            seconds = time.monotonic() - started
            # 6. the door's count
            found = surplus(settings.data_dir, database, table)
            corrects = correct_door or found.is_explained()
            if corrects:
                take_off(settings.data_dir, found)
            # 7. bind; all of it stands before what comes now, to whatever partition.
            if partitions is not None:
                channel = connection.channel()
                for queue in (topology.marks_queue(), *topology.partition_queues(partitions)):
                    broker.declare_queue(channel, queue)
                mark_end(url, settings.log_partitions)
            broker.declare(connection.channel())
        except BaseException:
            # Of a log that was begun anew the door shall not accept anything before it is whole.
            if not begun:
                with contextlib.suppress(pika.exceptions.AMQPError, TopologyDiffersError, OSError):
                    channel = connection.channel()
                    # Never the queue without the log: what is accepted has to be in both.
                    broker.declare_queue(channel, topology.queue(topology.RECEIPTS_LOG))
                    broker.declare(channel)
            raise
        finally:
            if connection.is_open:
                connection.close()
    return Rebuilt(drained, saved, unreadable, republished, found, corrects, seconds)


def _unbind(channel: BlockingChannel, name: str) -> None:
    channel.queue_unbind(name, topology.RECEIPTS)
    if name == topology.RECEIPTS_LOG and broker.partitions_of(channel.connection) is not None:
        channel.exchange_unbind(topology.RECEIPTS_PARTITIONS, topology.RECEIPTS)


def _with_queues(
    connection: BlockingConnection,
    streams: Sequence[str],
    act: Callable[[BlockingChannel, str], object],
) -> None:
    """Do it for the queue and the log, as far as they are there and can be opened."""
    for name in (topology.PERSISTENCE_QUEUE, *streams):
        channel = connection.channel()
        try:
            act(channel, name)
            channel.close()
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != NOT_FOUND:
                raise


def _drain(
    url: str,
    connection: BlockingConnection,
    store: ArchiveWriter,
    database: Database[dict[str, Any]],
    table: StoreTable,
    stop: threading.Event,
) -> int:
    drained, left = drain_queue(url, store, table, stop)
    if not left:
        channel = connection.channel()
        try:
            if waiting(channel, topology.DEAD_LETTERS):
                letters = DeadLetters(database)
                left = drain_letters(letters, time.time, connection, stop, LETTERS_SECONDS)
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != NOT_FOUND:
                raise
    if left:
        raise RebuildError(
            f"{left} messages still wait for the archive, so the log was left as it is;"
            " see that MongoDB takes writes, and run it again"
        )
    return drained


def _save(
    url: str, store: ArchiveWriter, table: StoreTable, stop: threading.Event
) -> tuple[int, str | None]:
    """Store what the old log still gives; the reason where it gives nothing, or not all."""
    deadline = time.monotonic() + OPENS_WITHIN_SECONDS
    while True:
        try:
            saved, _ = refill(url, store, table, stop, whole=False)
            return saved, None
        except LogSilentError as error:
            return 0, str(error)
        except (pika.exceptions.AMQPError, OSError) as error:
            # A broker that has just started takes a moment to open its streams.
            if NO_QUEUE in str(error) or time.monotonic() > deadline or stop.wait(POLL_SECONDS):
                return 0, str(error)


def _delete_log(channel: BlockingChannel, partitions: int | None) -> None:
    try:
        if partitions is not None:
            # First: the marks are of the old log. The last partition first: a run that was killed
            # finds those that are left.
            channel.queue_delete(topology.RECEIPTS_MARKS)
            for number in reversed(range(1, partitions)):
                channel.queue_delete(topology.partition_stream(number))
        channel.queue_delete(topology.RECEIPTS_LOG)
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        raise RebuildError(
            f"the broker can neither open nor delete the log ({error.reply_text}); the archive"
            " holds all of it. End RabbitMQ, remove the folder stream/__receipts_log_* in its data"
            " folder (of script/server: DATA_DIR/rabbitmq/mnesia/*/stream/__receipts_log_*), start"
            " RabbitMQ and run this command again"
        ) from error


def _require_archive(database: Database[dict[str, Any]], unreadable: str | None) -> None:
    if database["receipts"].find_one({}, {"_id": 1}) is None and unreadable:
        raise RebuildError(
            f"the archive {database.name} holds no receipt and the log cannot be read"
            f" ({unreadable}): there is nothing to rebuild it from; restore a backup"
        )
