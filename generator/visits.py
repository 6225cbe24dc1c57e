"""`python -m generator visits`: views, carts and purchases of an online shop, as they happen."""

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import count

import pyarrow as pa
import pyarrow.compute as pc

from generator import live, streams_run
from generator.shop import events, files
from generator.shop.parcels import Parcel
from generator.shop.senders import CSV
from generator.streams_run import StreamsRunSettings
from tillstream.runtime import logs, process

MODE = "visits"
STREAM = "shop"
_SECOND = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Send them until a signal or --seconds; 0 when all that was sent was accepted."""
    settings = process.load_settings(StreamsRunSettings)
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {MODE}",
        description="Views, carts and purchases of an online shop, as they happen.",
    )
    streams_run.add_options(parser, settings)
    options = streams_run.parse(parser, list(argv))
    if options.rate is None:
        parser.error("give a --rate; `shop-csv` writes files of such events")
    logs.configure(settings, "generator")
    stop = process.stop_on_signals()
    headers = {STREAM: ",".join(events.NAMES).encode() + b"\n"}
    return streams_run.send(_parcels(options, settings), headers, options, settings, stop, CSV)


def _parcels(options: argparse.Namespace, settings: StreamsRunSettings) -> Iterator[Parcel]:
    """The events of each second, in the order of the seeded ones, with the times of now."""
    made, numbers = _endless(options.seed), count()
    for times in live.moments(
        options.rate, settings.zone(), options.seed, time.time(), options.seconds
    ):
        if rows := len(times):
            begins, ends = times[0] / _SECOND, times[-1] / _SECOND
            yield Parcel(next(numbers), _lines(made, times), rows, begins, ends, STREAM)


def _endless(seed: int) -> Iterator[pa.RecordBatch]:
    """Each event alone, without an end."""
    for batch in events.endless(seed):
        for row in range(batch.num_rows):
            yield batch.slice(row, 1)


def _lines(made: Iterator[pa.RecordBatch], times: live.Integers) -> bytes:
    """As many events as times, with these, as CSV."""
    table = pa.Table.from_batches([next(made) for _ in times])
    moments = pa.array(times // _SECOND).cast(pa.timestamp("s", "UTC"))
    texts = pc.strftime(moments, "%Y-%m-%d %H:%M:%S UTC")
    return files.csv_lines(table.set_column(0, events.NAMES[0], texts))
