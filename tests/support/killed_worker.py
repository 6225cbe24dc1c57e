"""An events worker that ends itself by SIGKILL before a numbered step.

`python -m tests.support.killed_worker STEP`, with the settings of the worker.
"""

import os
import signal
import sys
import threading
import time
from functools import partial

from events.archive.writer import ArchiveWriter
from events.log_source import MessagesSource
from events.outbox.attributions import Attributions
from events.outbox.documents import conversions_writer
from events.settings import EventsSettings
from events.windows.event_counter import EventCounter
from events.windows.mongo_sink import MongoSink
from events.windows.state_file import State
from events.worker import EventsWorker
from tillstream.runtime import broker
from tillstream.runtime.settings import load
from tillstream.streams import definitions_file
from tillstream.streams.events_log import EventsLog


def main(killed_at: int) -> None:
    """Work until the step is due."""
    settings = load(EventsSettings, os.environ)
    definitions = definitions_file.load_settings(settings)
    state = State(settings.state_path())
    attributions = Attributions(state, definitions, time.time, has_sink=True)

    def step(number: int) -> None:
        if number == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    counter = EventCounter(
        state, definitions, time.time, all_columns=True, step=step, attributing=attributions
    )
    assert settings.mongo_url
    sink = MongoSink(
        state,
        settings.mongo_url,
        settings.mongo_database,
        dict(definitions.windows),
        conversions_writer(definitions, settings.mongo_database, attributions.stored.append),
    )
    sink.start()
    archive = ArchiveWriter(settings.archive_url(), settings.data_dir, definitions)
    worker = EventsWorker(
        counter,
        time.time,
        EventsLog(settings.amqp_url),
        MessagesSource(settings.amqp_url),
        archive,
        sink.wake,
        step,
        attributions=attributions,
    )
    stop = threading.Event()
    broker.keep_connected(settings.amqp_url, "events", partial(worker.run, stop=stop), stop)


if __name__ == "__main__":
    main(int(sys.argv[1]))
