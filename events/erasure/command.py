"""`python -m events erase`: takes a person's value out of archive and state."""

import argparse
import threading
import time

from events.erasure.audit import AUDIT_FILE
from events.erasure.erase import Eraser
from events.erasure.wanted import wanted
from events.settings import EventsSettings
from tillstream.runtime.progress import progress
from tillstream.streams import definitions_file


def run(arguments: argparse.Namespace, settings: EventsSettings, stop: threading.Event) -> int:
    """Erase, and say how much; never which value."""
    definitions = definitions_file.load_settings(settings)
    what = wanted(definitions, arguments.field, arguments.value, arguments.stream)
    # How many files have it is not known before they are read.
    with progress("erase", "steps") as shown:
        record = Eraser(settings, definitions, time.time, stop, lambda _: shown.advance()).erase(
            what
        )
    for name, one in record.erased.items():
        stored = f", {one.documents} documents of MongoDB" if one.documents else ""
        print(
            f"{name}: {one.events} events in {one.files} files, {one.in_state} values of the state"
            f"{stored}"
        )
    print(f"no window has changed; record {record.record} in {settings.data_dir / AUDIT_FILE}")
    return 0
