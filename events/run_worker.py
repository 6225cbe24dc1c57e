"""Wires the events worker: its state, the definitions, the broker, and where rows go."""

import threading
import time
from functools import partial
from pathlib import Path

from events.settings import EventsSettings
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from events.worker import EventsWorker
from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.log.continuity import Log
from tillstream.runtime import broker, data_folder, quiet
from tillstream.runtime.owned_file import owned, rebuilt_path, take_place
from tillstream.streams import definitions_file


def run_worker(settings: EventsSettings, stop: threading.Event) -> None:
    """Count events into the state and publish; adopt a rebuilt state when there is one."""
    quiet.release_when_quiet()
    data_folder.require_current(settings.data_dir)
    definitions = definitions_file.load_settings(settings)
    path = settings.state_path()
    with owned(path) as ours:
        if not ours:
            raise TillstreamError(f"another events worker owns {path}; end it first")
        while not stop.is_set():
            adopt(path)
            with State(path) as state:
                counter = EventCounter(
                    state, definitions, time.time, identity_days=settings.identity_days
                )
                worker = EventsWorker(
                    counter, time.time, Log(settings.amqp_url, topology.EVENTS_LOG)
                )
                broker.keep_connected(
                    settings.amqp_url, "events", partial(worker.run, stop=stop), stop
                )


def adopt(path: Path) -> bool:
    """Put a rebuilt state, if there is one, in the place of the old one. For the owner only."""
    if not rebuilt_path(path).exists():
        return False
    take_place(path)
    return True
