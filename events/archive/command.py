"""`python -m events compact`: joins the files of days that are over, and removes old ones."""

import threading
import time

from events.archive.changing import ArchiveChanges
from events.archive.tidying import join_days, remove_old
from events.settings import EventsSettings
from tillstream.streams import definitions_file


def run(settings: EventsSettings, stop: threading.Event) -> int:
    """Every stream that is declared, one line each; beside a worker that runs, or without one."""
    definitions = definitions_file.load_settings(settings)
    for name, stream in definitions.events.items():
        changes = ArchiveChanges(settings.archive_url(), settings.data_dir, stream)
        changes.prepare()
        removed = remove_old(changes, time.time())
        fewer = join_days(changes, time.time(), stop.is_set)
        manifest = changes.files.manifest()
        print(
            f"{name}: {manifest.rows()} events in {len(manifest.files)} files, {fewer} fewer;"
            f" {removed} events were beyond the retention"
        )
    return 0
