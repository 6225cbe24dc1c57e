"""Where the parcels of several streams go: a folder, or the door, in one order."""

import argparse
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from generator import argument_types as types
from generator.progress import Progress
from generator.shop.parcels import Parcel
from generator.shop.replay import Totals, replay
from generator.shop.senders import StreamsSender, door_headers, new_run
from tillstream.http.door_connection import DoorConnection
from tillstream.runtime.settings import DoorSettings, LogSettings, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class StreamsRunSettings(DoorSettings, LogSettings, StoreTimeSettings):
    """What the generators of several streams read from the environment."""

    #: Where the door wants one.
    api_key: str | None = None


def add_options(parser: argparse.ArgumentParser, settings: StreamsRunSettings) -> None:
    """What every such generator takes: where to, how often, and how long."""
    add = parser.add_argument
    to = "the entrypoint (ENTRYPOINT_URL, %(default)s)"
    add("--to", type=address, default=settings.door_url(), metavar="URL", help=to)
    add("--out", type=types.folder, metavar="FOLDER", help="write files there, and send nothing")
    add("--seed", type=types.seed, default=1, help="another seed, another shop (%(default)s)")
    start = "the first event is of then, as 2026-03-10T08:00, in UTC where no offset is said"
    add("--start", type=types.moment, metavar="TIME", help=start)
    rate = "events a second from now on, in a mean hour, until a signal or --seconds"
    add("--rate", type=types.number("events per second", "--rate 20"), metavar="R", help=rate)
    seconds = "end after so many seconds of --rate"
    add("--seconds", type=types.number("seconds", "--seconds 60"), metavar="S", help=seconds)
    add("--tries", type=types.whole("tries", "--tries 15"), default=15, help="of a body, at most")
    timeout = types.number("seconds", "--timeout 30")
    add("--timeout", type=timeout, default=30.0, help="seconds for one answer (%(default)s)")
    add("--json", type=types.writable_file, metavar="FILE", help="the summary, as JSON")


def parse(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """The arguments; ends the process with status 2 where they do not hold together."""
    options = parser.parse_args(argv)
    if options.out is not None and options.rate is not None:
        parser.error("--rate is of events that are sent; leave it or --out away")
    if options.start is not None and options.rate is not None:
        parser.error("--rate is of events from now on; leave it or --start away")
    if options.seconds is not None and options.rate is None:
        parser.error("--seconds needs a --rate")
    return options


def send(
    parcels: Iterable[Parcel],
    headers: Mapping[str, bytes],
    options: argparse.Namespace,
    settings: StreamsRunSettings,
    stop: threading.Event,
    content_type: str,
) -> int:
    """Send every parcel after the one before it, with --rate when it is due; the exit status."""
    run = new_run()
    door_says = door_headers(settings.api_key, content_type)

    def connect() -> StreamsSender:
        door = DoorConnection(
            options.to, door_says, stop, timeout=options.timeout, tries=options.tries
        )
        return StreamsSender(door, headers, run)

    with Progress(None, time.monotonic, "events") as progress:
        # Over one connection: bodies that overtake one another are in another order.
        speed = None if options.rate is None else 1.0
        totals = replay(parcels, connect, progress, stop, connections=1, speed=speed)
    print(totals.as_text(), flush=True)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(totals.as_json())))
    return _status(totals, options)


def _status(totals: Totals, options: argparse.Namespace) -> int:
    """Only a run without an end may be ended by whoever started it."""
    endless = options.rate is not None and options.seconds is None
    return int(totals.accepted != totals.sent) if endless else totals.exit_status


def address(text: str) -> str:
    """An address of a door; raises ArgumentTypeError."""
    if text == types.AMQP or text.startswith(types.FILE):
        raise argparse.ArgumentTypeError("these events are sent to a URL, or written with --out")
    return types.receiver(text)
