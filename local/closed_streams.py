"""Opens RabbitMQ's streams again where a full disk or a start has closed them for good."""

import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pika.exceptions
import structlog

from local.control import Control
from local.programs import Program
from local.rabbitmqctl import rabbitmqctl
from tillstream import topology
from tillstream.errors import ServerNotReadyError
from tillstream.log.reader import LogReader
from tillstream.runtime import broker
from tillstream.runtime.disk import FreeSpace
from tillstream.runtime.file_change import FileChange

log = structlog.get_logger()

#: The program of `local.servers` that is started anew.
PROGRAM = "rabbitmq"
#: AMQP's reply codes: of a broker that has failed itself, and of a queue that it does not find.
INTERNAL_ERROR, NOT_FOUND = 541, 404
#: What it says of a queue that it knows and does not find; of others that there is none.
KNOWN = "home node"
#: Between two looks at the disk, and for a node that was started anew to answer, seconds.
LOOK_SECONDS, START_SECONDS = 2.0, 30.0

#: Told where it is started anew.
ANEW = "it is started anew"

#: Enters a stream whose writer runs into the table by which the node finds queues.
ENTER = """
    Name = rabbit_misc:r(<<"/">>, queue, <<"{name}">>),
    [Queue] = mnesia:dirty_read(rabbit_durable_queue, Name),
    #{{name := Stream}} = amqqueue:get_type_state(Queue),
    {{ok, Writer}} = rabbit_stream_coordinator:local_pid(Stream),
    rabbit_amqqueue:ensure_rabbit_queue_record_is_initialized(amqqueue:set_pid(Queue, Writer)).
"""


class ClosedStreams:
    """After a full disk and a start of the node, asks whether every stream can be read, until it
    can.

    Opening a stream makes RabbitMQ write a line of its own. Where that fails for want of space, its
    coordinator of streams ends and is not started again (3.10): every later reader gets
    INTERNAL_ERROR, with all messages unharmed on disk. A node that is started anew reads them. And
    processes of quorum queues may have ended for good: a start brings them back.

    At a start, after whatever end, a node may miss to enter a stream among its queues: everybody
    gets NOT_FOUND, though the stream's writer runs, also after further starts. It is entered by
    hand.
    """

    def __init__(
        self,
        url: str,
        data_dir: Path,
        min_free_bytes: int | None,
        programs: Iterable[Program],
        partitions: int = 1,
    ) -> None:
        """`programs` are those of the supervisor, the node among them; so many `partitions` of the
        logs of receipts and of events are fed.
        """
        logs = (*topology.partition_queues(partitions), *topology.event_queues(partitions))
        self._streams = [*(one.name for one in logs), topology.DELIVERIES_LOG]
        if partitions > 1:
            self._streams += [topology.RECEIPTS_MARKS, topology.EVENTS_ORDER]
        self._url = url
        self._data_dir = data_dir
        self._space = FreeSpace(data_dir, min_free_bytes)
        self._programs = tuple(programs)
        self._start = FileChange(data_dir / PROGRAM / "pid", time.monotonic)
        self._was_full = False
        self._was_started = False
        #: What the look before did not find.
        self._missing: str | None = None

    def mend(self) -> str | None:
        """Look once; what was done about it, for people, or None."""
        self._space.look()
        self._was_started |= self._start.is_due()
        if self._space.shortage is not None:
            # The question itself would break what is whole yet.
            self._was_full = True
        elif self._was_full or self._was_started:
            try:
                for name in self._streams:
                    if (done := self._opened(name)) is not None:
                        return done
                if self._was_full and self._lacks_queue() and self._end_node():
                    return f"RabbitMQ lost queues since the disk was full: {ANEW}"
                self._was_full = self._was_started = False
            except (pika.exceptions.AMQPError, OSError, ServerNotReadyError):
                # It is away, or starts: nothing is known yet.
                pass
        return None

    def _opened(self, name: str) -> str | None:
        connection = broker.connect(self._url, "local")
        try:
            LogReader(connection, "next", log=name)
        except pika.exceptions.ConnectionClosedByBroker as error:
            if error.reply_code != INTERNAL_ERROR or not self._end_node():
                raise
            return f"RabbitMQ cannot open its streams since the disk was full: {ANEW}"
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != NOT_FOUND:
                raise
            return self._entered(name) if KNOWN in error.reply_text else None
        finally:
            if connection.is_open:
                connection.close()
        return None

    def _entered(self, name: str) -> str:
        was_missing, self._missing = self._missing == name, name
        # A node that has just started enters it in a moment.
        if not was_missing or not self._enter(name):
            raise ServerNotReadyError(f"RabbitMQ does not find {name}")
        return f"RabbitMQ did not find {name} since its start: it is entered again"

    def _lacks_queue(self) -> bool:
        queues = (topology.PERSISTENCE_QUEUE, topology.DEAD_LETTERS)
        names = ", ".join(f"'%2F_{name}'" for name in queues)
        missing = f"[Name || Name <- [{names}], whereis(Name) =:= undefined]."
        return rabbitmqctl(self._programs, "eval", missing).strip() != "[]"

    def _end_node(self) -> bool:
        try:
            with Control(self._data_dir) as control:
                control.signal(PROGRAM, "TERM")
        except (OSError, xmlrpc.client.Error):
            # It ends by itself just now, or somebody ended it.
            return False
        return True

    def _enter(self, name: str) -> bool:
        try:
            rabbitmqctl(self._programs, "eval", ENTER.format(name=name))
        except ServerNotReadyError as error:
            # Its writer does not run yet, or this RabbitMQ is another one.
            log.warning("a stream is not found", log=name, reason=str(error)[-300:])
            return False
        return True


@contextmanager
def mending(streams: ClosedStreams, say: Callable[[str], None]) -> Iterator[None]:
    """Look after the streams as long as the block lasts."""
    ended = threading.Event()

    def watch() -> None:
        pause = LOOK_SECONDS
        while not ended.wait(pause):
            done = streams.mend()
            pause = LOOK_SECONDS
            if done is not None:
                say(done)
                pause = START_SECONDS if done.endswith(ANEW) else LOOK_SECONDS

    # A thread: a broker that does not answer must not hold the end of the system,
    # and the system goes on where it fails.
    threading.Thread(target=watch, name="closed streams", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
