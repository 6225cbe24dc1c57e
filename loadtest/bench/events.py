"""Events from the POST to windows, archive and reader: rates, delays, costs, and exactness."""

from loadtest.bench import events_archive, events_batches, events_pages, events_track
from loadtest.bench.harness import Options, Result


def run(options: Options) -> Result:
    """Every part of it, each round on a private system of its own."""
    series = Result()
    for part in (events_batches, events_track, events_archive, events_pages):
        part.measure(options, series)
    return series
