"""The command line of the generator; a wrong value says how to mend it."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from generator import argument_types
from generator.counters import MAX_TILLS
from generator.faults import Shares

MODES = "steady | burst | day | replay | mess"
#: Receipts that travel together by default.
BATCH = {argument_types.AMQP: 500, argument_types.FILE: 1000}


def parse(argv: list[str] | None, default_url: str) -> argparse.Namespace:
    """The arguments; ends the process with status 2 and one line when they do not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m generator",
        description="Receipts of a bakery chain that does not exist, posted to the entrypoint.",
    )
    modes = parser.add_subparsers(dest="mode", required=True, metavar=MODES)
    parents = [_common(default_url)]
    for add in (_steady, _burst, _day, _replay, _mess):
        add(modes, parents)
    arguments = parser.parse_args(argument_types.with_files_joined(argv or sys.argv[1:]))
    kind = argument_types.FILE if arguments.to.startswith(argument_types.FILE) else arguments.to
    if arguments.batch is None:
        arguments.batch = BATCH.get(kind, 1)
    if arguments.mode == "steady" and kind == argument_types.FILE and arguments.seconds is None:
        parser.error("steady to a file does not wait and would never end; give --seconds")
    if arguments.mode == "mess" and sum(shares(arguments)[:-1]) > 1:
        parser.error("the shares of the faults are more than 1 together; give smaller ones")
    return arguments


def shares(arguments: argparse.Namespace) -> Shares:
    """The shares of `mess`."""
    return Shares(*(getattr(arguments, name) for name in Shares._fields))


def _steady(modes: Any, parents: list[argparse.ArgumentParser]) -> None:
    steady = modes.add_parser(
        "steady", parents=parents, help="at a constant rate, until a signal or --seconds"
    )
    _rate(steady, 7.5)
    _start(steady)
    steady.add_argument(
        "--seconds",
        type=argument_types.number("seconds", "--seconds 60"),
        help="end after so many seconds of sending (default: never)",
    )
    _outstanding(steady)


def _burst(modes: Any, parents: list[argparse.ArgumentParser]) -> None:
    burst = modes.add_parser(
        "burst", parents=parents, help="a number of receipts, as fast as they are answered"
    )
    _count(burst, 10_000)
    _start(burst)
    burst.add_argument(
        "--concurrency",
        type=argument_types.whole("connections", "--concurrency 64", most=10_000),
        default=64,
        help="receipts, or batches of them, on their way at once (default: %(default)s)",
    )
    burst.add_argument(
        "--patience",
        type=argument_types.number("seconds", "--patience 60"),
        default=60.0,
        help="break off after so many seconds without a final answer (default: %(default)s)",
    )


def _day(modes: Any, parents: list[argparse.ArgumentParser]) -> None:
    day = modes.add_parser("day", parents=parents, help="a whole business day, faster")
    day.add_argument("--date", type=argument_types.day, help="which day (default: today)")
    _count(day, 100_000)
    _start(day)
    _speed(day, 360.0)
    _outstanding(day)


def _replay(modes: Any, parents: list[argparse.ArgumentParser]) -> None:
    replay = modes.add_parser(
        "replay", parents=parents, help="the receipts of a file, by their own times"
    )
    replay.add_argument("file", type=argument_types.receipts_file, metavar="FILE")
    _speed(replay, 1.0)
    replay.add_argument(
        "--renumber", action="store_true", help="under other numbers: as receipts that are new"
    )
    _outstanding(replay)


def _mess(modes: Any, parents: list[argparse.ArgumentParser]) -> None:
    mess = modes.add_parser("mess", parents=parents, help="what goes wrong on a bad day")
    _rate(mess, 100.0)
    _count(mess, 10_000)
    _start(mess)
    for name, default in Shares()._asdict().items():
        option = f"--{name.replace('_', '-')}"
        text = f"share of the receipts: {name.replace('_', ' ')} (default: %(default)s)"
        mess.add_argument(
            option, type=argument_types.share, default=default, metavar="SHARE", help=text
        )
    mess.add_argument(
        "--silence",
        type=argument_types.number("seconds", "--silence 20"),
        default=20.0,
        help="seconds for which a till falls silent (default: %(default)s)",
    )
    _outstanding(mess)


def _rate(mode: argparse.ArgumentParser, default: float) -> None:
    mode.add_argument(
        "--rate",
        type=argument_types.number("receipts per second", "--rate 8"),
        default=default,
        help="receipts per second (default: %(default)s)",
    )


def _count(mode: argparse.ArgumentParser, default: int) -> None:
    mode.add_argument(
        "--count",
        type=argument_types.whole("receipts", f"--count {default}"),
        default=default,
        help="how many receipts (default: %(default)s)",
    )


def _start(mode: argparse.ArgumentParser) -> None:
    mode.add_argument(
        "--start",
        type=argument_types.moment,
        metavar="TIME",
        help="dates from then, as 2026-03-10T08:00, and numbers from 1: the same bytes each time",
    )


def _speed(mode: argparse.ArgumentParser, default: float) -> None:
    mode.add_argument(
        "--speed",
        type=argument_types.number("data seconds in a real one", "--speed 60"),
        default=default,
        help="data seconds in a real one (default: %(default)s)",
    )


def _outstanding(mode: argparse.ArgumentParser) -> None:
    mode.add_argument(
        "--outstanding",
        type=argument_types.whole("receipts", "--outstanding 256", most=10_000),
        default=256,
        help="receipts, or batches of them, on their way at once, at most (default: %(default)s)",
    )


def _common(default_url: str) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)

    def add(option: str, kind: Callable[[str], object], default: object, text: str) -> None:
        common.add_argument(option, type=kind, default=default, help=f"{text} (%(default)s)")

    common.add_argument(
        "--to",
        type=argument_types.receiver,
        default=default_url,
        metavar="URL | amqp | file PATH",
        help="the entrypoint, the broker of AMQP_URL, or a file (ENTRYPOINT_URL: %(default)s)",
    )
    common.add_argument(
        "--batch",
        type=argument_types.whole("receipts", "--batch 100", most=10_000),
        help="receipts that travel together (default: 1, amqp 500, file 1000)",
    )
    add("--seed", int, 1, "another seed, another chain")
    add("--stores", argument_types.whole("stores", "--stores 1000", most=100_000), 1000, "stores")
    add(
        "--tills",
        argument_types.whole("tills in each store", "--tills 4", most=MAX_TILLS),
        4,
        "tills in each store",
    )
    add(
        "--tries", argument_types.whole("tries", "--tries 15"), 15, "how often one is sent, at most"
    )
    add(
        "--timeout",
        argument_types.number("seconds", "--timeout 10"),
        10.0,
        "seconds for one answer",
    )
    add(
        "--wait",
        argument_types.number("seconds", "--wait 60"),
        60.0,
        "seconds to wait for the start",
    )
    common.add_argument(
        "--json", type=argument_types.writable_file, metavar="FILE", help="the summary, as JSON"
    )
    return common
