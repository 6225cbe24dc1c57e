"""Messages of events that are counted and archived, by the events worker's own parts."""

import threading
from collections.abc import Sequence
from pathlib import Path

from pika.adapters.blocking_connection import BlockingConnection

from events.archive.writer import ArchiveWriter
from events.log_source import MessagesSource
from events.settings import EventsSettings
from events.verify.proof import verify
from events.verify.report import Report
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from events.worker import EventsWorker
from tests.support import shop_events
from tests.support.kept_events import SetClock
from tests.support.published_events import publish
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.reader import LogReader
from tillstream.streams import definitions_file
from tillstream.streams.events_log import EventsLog
from tillstream.streams.message import Packed


class Counted:
    """A worker that is driven step by step."""

    def __init__(
        self,
        connection: BlockingConnection,
        url: str,
        folder: Path,
        streams: Path = shop_events.STREAMS,
    ) -> None:
        self.connection = connection
        self.settings = EventsSettings(amqp_url=url, data_dir=folder, streams_dir=str(streams))
        self.clock = SetClock()
        self.reader = LogReader(connection, "first", log=topology.EVENTS_LOG)
        self.definitions = definitions_file.load_settings(self.settings)
        self.archive = ArchiveWriter(
            self.settings.archive_url(), folder, self.definitions, self.clock
        )
        self.state = State(self.settings.state_path())
        self.counter = EventCounter(self.state, self.definitions, self.clock, all_columns=True)
        self.worker = EventsWorker(
            self.counter, self.clock, EventsLog(url), MessagesSource(url), self.archive
        )

    def take(self, messages: Sequence[Packed]) -> None:
        """Publish messages, and count them."""
        for packed in messages:
            publish(self.connection, packed)
        wanted = len(messages)
        while wanted > 0:
            # Whatever else happens on the connection ends a read, too.
            found = wait_until(lambda: self.reader.read(1.0), 10, "the messages")
            self.worker.take(found)
            self.reader.done()
            wanted -= len(found)

    def archive_all(self) -> None:
        """The minute ends."""
        self.clock.now += 120
        self.archive.write_due(self.clock.now)
        while self.archive.oldest_pending() is not None:
            threading.Event().wait(0.002)
        self.counter.tick(None, caught_up=False)

    def verify(self) -> Report:
        """The report."""
        return verify(self.settings, threading.Event())

    def close(self) -> None:
        """End, as a worker does."""
        self.archive.close()
        self.state.close()
