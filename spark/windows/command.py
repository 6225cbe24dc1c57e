"""`python -m spark windows`: what an end or a mistake is told as."""

import threading

from events.settings import EventsSettings
from events.windows.state_errors import StateUnreadableError
from spark.settings import QuerySettings
from spark.windows.run_worker import run_windows
from tillstream.runtime import logs, process
from tillstream.runtime.state_file import damage_told


def run(stop: threading.Event, *, with_archive: bool) -> None:
    """Work until `stop`; raises TillstreamError."""
    settings = process.load_settings(EventsSettings)
    query = process.load_settings(QuerySettings)
    logs.configure(settings, "windows")
    process.calm_collector()
    with damage_told(settings.state_path(), StateUnreadableError):
        run_windows(settings, query, stop, with_archive=with_archive)
