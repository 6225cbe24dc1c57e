"""Starts RabbitMQ anew where a full disk has closed its streams for good."""

import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pika.exceptions

from local.control import Control
from tillstream import topology
from tillstream.log.reader import LogReader
from tillstream.runtime import broker
from tillstream.runtime.disk import FreeSpace

#: The program of `local.servers` that is started anew.
PROGRAM = "rabbitmq"
#: AMQP's reply code of a broker that has failed itself.
INTERNAL_ERROR = 541
#: Between two looks at the disk, and for a node that was started anew to answer, seconds.
LOOK_SECONDS, START_SECONDS = 2.0, 30.0


class ClosedStreams:
    """After a full disk, asks whether every stream can be read, until it can.

    Opening a stream makes RabbitMQ write a line of its own. Where that fails for want of space, its
    coordinator of streams ends and is not started again (3.10): every later reader gets
    INTERNAL_ERROR, with all messages unharmed on disk. A node that is started anew reads them.
    """

    def __init__(self, url: str, data_dir: Path, min_free_bytes: int | None) -> None:
        self._url = url
        self._data_dir = data_dir
        self._space = FreeSpace(data_dir, min_free_bytes)
        self._suspect = False

    def mend(self) -> bool:
        """Look once; whether the node was told to end, which the supervisor starts again."""
        self._space.look()
        if self._space.shortage is not None:
            # The question itself would break what is whole yet.
            self._suspect = True
        elif self._suspect:
            try:
                self._open_each()
                self._suspect = False
            except pika.exceptions.ConnectionClosedByBroker as error:
                return error.reply_code == INTERNAL_ERROR and self._end_node()
            except (pika.exceptions.AMQPError, OSError):
                # It is away, or starts: nothing is known yet.
                pass
        return False

    def _open_each(self) -> None:
        connection = broker.connect(self._url, "local")
        try:
            for name in (topology.RECEIPTS_LOG, topology.EVENTS_LOG):
                LogReader(connection, "next", log=name)
        finally:
            if connection.is_open:
                connection.close()

    def _end_node(self) -> bool:
        try:
            with Control(self._data_dir) as control:
                control.signal(PROGRAM, "TERM")
        except (OSError, xmlrpc.client.Error):
            # It ends by itself just now, or somebody ended it.
            return False
        return True


@contextmanager
def mending(
    url: str, data_dir: Path, min_free_bytes: int | None, say: Callable[[str], None]
) -> Iterator[None]:
    """Look after the private node of `data_dir` as long as the block lasts."""
    streams, ended = ClosedStreams(url, data_dir, min_free_bytes), threading.Event()

    def watch() -> None:
        pause = LOOK_SECONDS
        while not ended.wait(pause):
            pause = LOOK_SECONDS
            if streams.mend():
                say("RabbitMQ cannot open its streams since the disk was full: it is started anew")
                pause = START_SECONDS

    # A thread: a broker that does not answer must not hold the end of the system.
    threading.Thread(target=watch, name="closed streams", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
