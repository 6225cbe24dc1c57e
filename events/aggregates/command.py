"""`python -m events track-aggregates`: a file of the newest hours of `track` that are over."""

import argparse
import threading
import time
from datetime import datetime, timedelta

from events.aggregates.track_aggregates import AggregatesError, TrackAggregates
from events.settings import EventsSettings
from tillstream.streams import definitions_file
from tillstream.streams.aggregates_files import Bounds
from tillstream.streams.key_values import time_of


def run(arguments: argparse.Namespace, settings: EventsSettings, stop: threading.Event) -> int:
    """Write the file, and say what is in it."""
    hours = settings.aggregates_hours if arguments.hours is None else arguments.hours
    if not 1 <= hours <= 24:
        raise AggregatesError(f"--hours is {hours}; it is from 1 to 24")
    making = TrackAggregates(settings, definitions_file.load_settings(settings), stop, time.time)
    bounds = making.newest(hours) if arguments.until is None else _until(arguments.until, hours)
    if bounds is None:
        print("track: no event was heard yet")
        return 0
    rows = making.write(bounds)
    removed = making.remove_old()
    older = f"; {removed} older files were beyond the retention" if removed else ""
    print(f"track: {rows} rows in {making.files.location(bounds.file)}{older}")
    return 0


def _until(text: str, hours: int) -> Bounds:
    try:
        until = time_of(text)
    except (ValueError, OverflowError) as error:
        raise AggregatesError(f"--until is {text!r}; it is a time of ISO 8601") from error
    if until != _whole(until):
        raise AggregatesError(f"--until is {text!r}; it is of whole seconds")
    return Bounds(until - timedelta(hours=hours), until)


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
