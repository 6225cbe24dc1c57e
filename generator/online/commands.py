"""`python -m generator shop`: messages of an online shop, each about who was sent before it."""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import numpy as np

from generator import argument_types as types
from generator import live, streams_run
from generator.online.documents import Documents
from generator.online.entities import MIX, STREAMS, Entities, Integers
from generator.shop.parcels import Parcel
from generator.streams_run import StreamsRunSettings
from tillstream.codec import NDJSON
from tillstream.runtime import logs, process

MODE = "shop"

#: Of files, where nobody says when: the same bytes each time.
_START = datetime(2026, 3, 10, 8, tzinfo=UTC)
#: Messages that are made at a time. Another number makes other messages of the same seed.
_CHUNK = 10_000
_SECOND = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Write or send them; 0 when all is written, or sent and accepted."""
    settings = process.load_settings(StreamsRunSettings)
    options = _options(list(argv), settings)
    logs.configure(settings, "generator")
    stop = process.stop_on_signals()
    start_us = int(_start(options, time.time()) * _SECOND)
    entities = Entities(options.seed, start_us, options.customers, options.products, options.mix)
    documents = Documents(entities, options.seed, options.customers, options.products)
    start = start_us / _SECOND
    moments = (
        live.moments(options.rate, settings.zone(), options.seed, start, options.seconds)
        if options.rate
        else _whole(options, start_us)
    )
    parcels = _parcels(entities, documents, moments)
    if options.out is not None:
        _write(options, parcels)
        return 0
    headers = dict.fromkeys(STREAMS, b"")
    return streams_run.send(parcels, headers, options, settings, stop, NDJSON)


def _parcels(
    entities: Entities, documents: Documents, moments: Iterator[Integers]
) -> Iterator[Parcel]:
    number = 0
    for times in moments:
        if not len(times):
            continue
        happened = entities.happen(times)
        ends = float(times[-1]) / _SECOND
        begins = float(times[0]) / _SECOND
        for stream, lines in documents.lines(happened).items():
            yield Parcel(number, lines, len(happened[stream].time), begins, ends, stream)
            number += 1


def _whole(options: argparse.Namespace, start_us: int) -> Iterator[Integers]:
    """So many moments, evenly over the span."""
    for first in range(0, options.count, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, options.count))
        yield start_us + numbers * int(options.span * _SECOND) // options.count


def _write(options: argparse.Namespace, parcels: Iterator[Parcel]) -> None:
    with ExitStack() as stack:
        files = {
            stream: stack.enter_context((options.out / f"{stream}.ndjson").open("wb", 1 << 20))
            for stream in STREAMS
        }
        for parcel in parcels:
            files[parcel.stream].write(parcel.lines)


def _start(options: argparse.Namespace, now: float) -> float:
    if options.start is not None:
        given: datetime = options.start
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    if options.rate is not None:
        return now
    return _START.timestamp() if options.out is not None else now - float(options.span)


def _options(argv: list[str], settings: StreamsRunSettings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {MODE}",
        description="Customers, products, transactions, views and more of an online shop.",
    )
    streams_run.add_options(parser, settings)
    add = parser.add_argument
    numbers = {
        "count": (100, "messages"),
        "customers": (1_000, "who come"),
        "products": (200, "that are sold"),
    }
    for name, (default, text) in numbers.items():
        kind = types.whole(name, f"--{name} {default}", None if name == "count" else 1_000_000)
        add(f"--{name}", type=kind, default=default, metavar="N", help=f"{text} (%(default)s)")
    span = types.number("seconds", "--span 600")
    add("--span", type=span, default=600.0, metavar="S", help="they are over so long (%(default)s)")
    mix = f"how much is of each of {', '.join(STREAMS)} (%(default)s)"
    shares = ",".join(f"{one:g}" for one in MIX)
    add("--mix", type=_mix, default=shares, metavar="N,N,...", help=mix)
    return streams_run.parse(parser, argv)


_mix = types.checked(
    lambda text: tuple(float(part) for part in text.split(",")),
    lambda mix: len(mix) == len(STREAMS) and mix[0] > 0 and mix[1] > 0 and min(mix) >= 0,
    f"is not a weight for each of {', '.join(STREAMS)}, above 0 for the first two; give such as"
    f" {','.join(f'{one:g}' for one in MIX)}",
)
