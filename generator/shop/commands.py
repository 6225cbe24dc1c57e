"""`python -m generator shop-csv | shop-replay`: files of a shop's events, and their replay."""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta

from generator import argument_types as types
from generator.progress import Progress
from generator.shop import files
from generator.shop.columns import Columns
from generator.shop.parcels import EVENT_TIME, EventFile, EventFileError, Parcel
from generator.shop.replay import Sender, Totals, replay
from generator.shop.senders import DoorSender, LogSender, door_headers, new_run
from tillstream.errors import SettingsError
from tillstream.http.door_connection import DoorConnection
from tillstream.runtime import logs, process
from tillstream.runtime.settings import (
    AmqpUrl,
    DoorSettings,
    LogSettings,
    StreamsSettings,
    redacted,
)
from tillstream.streams import definitions_file

log = structlog.get_logger()

CSV_MODE, REPLAY_MODE = "shop-csv", "shop-replay"
#: Ends of the names of files that can be replayed.
_ENDINGS = (".csv", ".csv.gz", ".csv.zst")
#: Real seconds of events in a parcel, at most: how late the first of them is sent.
_PARCEL_SECONDS = 0.1
#: `--speed max`: as fast as it is answered.
_MOST = "max"


@dataclass(frozen=True, kw_only=True)
class ShopSettings(DoorSettings, LogSettings, StreamsSettings):
    """What a replay reads from the environment; the command line goes before it."""

    #: For `--to amqp`.
    amqp_url: AmqpUrl | None = None
    #: Where the door wants one.
    api_key: str | None = None
    replay_file: Path | None = None
    #: Data seconds in a real one; `max` for as fast as it is answered.
    replay_speed: str = "3600"
    #: Seconds before the first event is sent.
    replay_delay: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    #: Whether each event is logged, at INFO.
    replay_log_events: bool = False


def is_events(argv: Sequence[str]) -> bool:
    """Whether `replay ARGUMENTS` names a file of events, by its first line."""
    for word in argv:
        path = Path(word)
        if word.endswith(_ENDINGS) and path.is_file():
            try:
                with files.open_unpacked(path) as file:
                    return EVENT_TIME in EventFile(file).names
            except (OSError, EventFileError):
                return False
    return False


def write_csv(argv: Sequence[str]) -> int:
    """Write a file of seeded events; 0 when it is whole."""
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {CSV_MODE}", description="Events of an online shop, as CSV."
    )
    rows = types.whole("events", "--rows 1000000")
    parser.add_argument("--rows", type=rows, default=1_000_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=types.seed, default=1, help="another seed, other events")
    out_help = "plain, or packed as its end .gz or .zst says (default: standard output)"
    parser.add_argument("--out", type=types.writable_file, metavar="FILE", help=out_help)
    options = parser.parse_args(argv)
    if options.out is None:
        with process.reader_may_leave():
            files.write_shop(sys.stdout.buffer, options.rows, options.seed)
        return 0
    with files.create(options.out) as out:
        files.write_shop(out, options.rows, options.seed)
    return 0


def replay_csv(argv: Sequence[str]) -> int:
    """Replay a file of events; 0 when it is sent to its end and all is accepted."""
    settings = process.load_settings(ShopSettings)
    options = _options(argv, settings)
    logs.configure(settings, "generator")
    stop = process.stop_on_signals()
    log.info("replay", file=str(options.file), to=redacted(options.to), speed=options.speed)
    stop.wait(options.delay)
    try:
        totals = _replay(options, settings, stop)
    except (OSError, EOFError, EventFileError) as error:
        print(f"error: {options.file}: {error}", file=sys.stderr)
        return 1
    print(totals.as_text(), flush=True)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(totals.as_json())))
    return totals.exit_status


def _replay(options: argparse.Namespace, settings: ShopSettings, stop: threading.Event) -> Totals:
    with (
        files.open_unpacked(options.file) as unpacked,
        Progress(None, time.monotonic, "events") as progress,
    ):
        file = EventFile(unpacked)
        speed = None if options.speed == _MOST else float(options.speed)
        span = None if speed is None else speed * _PARCEL_SECONDS
        parcels = file.parcels(options.batch_bytes, span)
        return replay(
            _logged(parcels) if options.log_events else parcels,
            _sender(options, settings, file, stop),
            progress,
            stop,
            connections=options.connections,
            speed=speed,
        )


def _sender(
    options: argparse.Namespace, settings: ShopSettings, file: EventFile, stop: threading.Event
) -> Callable[[], Sender]:
    run = new_run()
    if options.to != types.AMQP:
        headers = door_headers(settings.api_key)
        return lambda: DoorSender(
            DoorConnection(options.to, headers, stop, timeout=options.timeout, tries=options.tries),
            options.stream,
            file.header,
            run,
        )
    url = settings.amqp_url
    if url is None:
        process.fail(SettingsError(["AMQP_URL is not set; --to amqp needs it"]))
    definitions = definitions_file.load_settings(settings)
    try:
        columns = Columns(definitions.streams[options.stream], file.names)
    except KeyError as error:
        raise EventFileError(f"not of the stream {options.stream}: {error}") from error
    return lambda: LogSender(url, columns, run, stop, tries=options.tries)


def _logged(parcels: Iterator[Parcel]) -> Iterator[Parcel]:
    for parcel in parcels:
        for line in parcel.lines.splitlines():
            log.info("event", line=line.decode("utf-8", "replace"))
        yield parcel


def _options(argv: Sequence[str], settings: ShopSettings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m generator {REPLAY_MODE}",
        description="Events of a CSV, sent by their own times.",
    )
    add = parser.add_argument
    default = None if settings.replay_file is None else str(settings.replay_file)
    add("file", type=_event_file, nargs="?", default=default, metavar="FILE", help="REPLAY_FILE")
    to = "the entrypoint (ENTRYPOINT_URL), or the broker of AMQP_URL"
    add("--to", type=_receiver, default=settings.door_url(), metavar="URL | amqp", help=to)
    add("--stream", default="shop", help="the stream they are of (%(default)s)")
    speed = "data seconds in a real one, or max (REPLAY_SPEED, %(default)s)"
    add("--speed", type=_speed, default=settings.replay_speed, help=speed)
    delay = "seconds before the first event (REPLAY_DELAY, %(default)s)"
    add("--delay", type=_delay, default=settings.replay_delay, help=delay)
    each = "log every event (REPLAY_LOG_EVENTS)"
    add("--log-events", action="store_true", default=settings.replay_log_events, help=each)
    connections = types.whole("connections", "--connections 4", most=64)
    add("--connections", type=connections, default=4, help="at once (%(default)s)")
    size = types.whole("bytes", "--batch-bytes 1000000", most=16_000_000)
    add("--batch-bytes", type=size, default=1_000_000, help="of a body, at most (%(default)s)")
    add("--tries", type=types.whole("tries", "--tries 15"), default=15, help="of a body, at most")
    timeout = types.number("seconds", "--timeout 30")
    add("--timeout", type=timeout, default=30.0, help="seconds for one answer (%(default)s)")
    add("--json", type=types.writable_file, metavar="FILE", help="the summary, as JSON")
    options = parser.parse_args(argv)
    if options.file is None:
        parser.error("name a file, or set REPLAY_FILE")
    return options


_event_file = types.checked(
    Path,
    lambda path: path.is_file(),
    f"cannot be replayed; give a file that exists, such as events{_ENDINGS[-1]}",
)
_speed = types.checked(
    lambda text: text if text == _MOST else str(float(text)),
    lambda text: text == _MOST or 0 < float(text) < 1e9,
    "is not a number of data seconds above 0; give one such as --speed 3600, or max",
)
_delay = types.checked(
    float, lambda value: 0 <= value <= 86_400, "is not a number of seconds; give one such as 5"
)


def _receiver(text: str) -> str:
    if text.startswith(types.FILE):
        raise argparse.ArgumentTypeError("events are sent to a URL or to amqp")
    return types.receiver(text)
