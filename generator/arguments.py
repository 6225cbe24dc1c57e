"""The command line of the generator; a wrong value says how to mend it."""

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from generator.argument_types import (
    AMQP,
    FILE,
    currency_shares,
    day,
    moment,
    number,
    receipts_file,
    receiver,
    share,
    stores_file,
    whole,
    with_files_joined,
    writable_file,
)
from generator.counters import MAX_TILLS
from generator.faults import Shares

#: Receipts that travel together by default.
BATCH = {AMQP: 500, FILE: 1000}


class Option(NamedTuple):
    """An option of the command line; its help tells the default, where there is one."""

    name: str
    kind: Callable[[str], Any]
    default: Any
    help: str
    metavar: str | None = None


def _rate(default: float) -> Option:
    kind = number("receipts per second", "--rate 8")
    return Option("--rate", kind, default, "receipts per second")


def _count(default: int) -> Option:
    return Option("--count", whole("receipts", f"--count {default}"), default, "how many receipts")


def _speed(default: float) -> Option:
    what = "data seconds in a real one"
    return Option("--speed", number(what, "--speed 60"), default, what)


def _seconds(name: str, default: float | None, text: str, example: int | None = None) -> Option:
    kind = number("seconds", f"{name} {example or default:g}")
    return Option(name, kind, default, text)


START = Option(
    "--start",
    moment,
    None,
    "dates from then, as 2026-03-10T08:00, and numbers from 1: the same bytes each time",
    "TIME",
)
OUTSTANDING = Option(
    "--outstanding",
    whole("receipts", "--outstanding 256", most=10_000),
    256,
    "receipts, or batches of them, on their way at once, at most",
)
CONCURRENCY = Option(
    "--concurrency",
    whole("connections", "--concurrency 64", most=10_000),
    64,
    "receipts, or batches of them, on their way at once",
)
CURRENCIES = Option(
    "--currencies",
    currency_shares,
    None,
    "shares of the stores that sell in other currencies, as JPY=0.1,KWD=0.05",
    "CODE=SHARE,...",
)
TILLS = Option(
    "--tills",
    whole("tills in each store", "--tills 4", most=MAX_TILLS),
    4,
    "tills in each store",
)

COMMON = (
    Option(
        "--batch",
        whole("receipts", "--batch 100", most=10_000),
        None,
        "receipts that travel together (default: 1, amqp 500, file 1000)",
    ),
    Option("--seed", int, 1, "another seed, another chain"),
    Option("--stores", whole("stores", "--stores 1000", most=100_000), 1000, "stores"),
    TILLS,
    CURRENCIES,
    Option(
        "--stores-file",
        stores_file,
        None,
        "sell in the stores of this STORES_FILE, within their opening hours (else: the setting)",
        "FILE",
    ),
    Option("--tries", whole("tries", "--tries 15"), 15, "how often one is sent, at most"),
    _seconds("--timeout", 10.0, "seconds for one answer"),
    _seconds("--wait", 60.0, "seconds to wait for the start"),
    Option("--json", writable_file, None, "the summary, as JSON", "FILE"),
)

#: What each mode does, and its own options.
MODES: dict[str, tuple[str, tuple[Option, ...]]] = {
    "steady": (
        "at a constant rate, until a signal or --seconds",
        (
            _rate(7.5),
            START,
            _seconds(
                "--seconds", None, "end after so many seconds of sending (default: never)", 60
            ),
            OUTSTANDING,
        ),
    ),
    "burst": (
        "a number of receipts, as fast as they are answered",
        (
            _count(10_000),
            START,
            CONCURRENCY,
            _seconds("--patience", 60.0, "break off after so many seconds without a final answer"),
        ),
    ),
    "day": (
        "a whole business day, faster",
        (
            Option("--date", day, None, "which day (default: today)"),
            _count(100_000),
            START,
            _speed(360.0),
            OUTSTANDING,
        ),
    ),
    "chain": (
        "the stores of --stores-file: past days as fast as they are answered, then live",
        (
            Option("--days", whole("days", "--days 14", most=1000), 14, "whole days before today"),
            Option(
                "--per-day", whole("receipts", "--per-day 8000"), 8_000, "receipts of a mean day"
            ),
            OUTSTANDING,
        ),
    ),
    "replay": ("the receipts of a file, by their own times", (_speed(1.0), OUTSTANDING)),
    "mess": (
        "what goes wrong on a bad day",
        (
            _rate(100.0),
            _count(10_000),
            START,
            *(
                Option(
                    f"--{name.replace('_', '-')}",
                    share,
                    default,
                    f"share of the receipts: {name.replace('_', ' ')}",
                    "SHARE",
                )
                for name, default in Shares()._asdict().items()
            ),
            _seconds("--silence", 20.0, "seconds for which a till falls silent"),
            OUTSTANDING,
        ),
    ),
}


def parse(
    argv: list[str] | None, default_url: str, others: Iterable[str] = ()
) -> argparse.Namespace:
    """The arguments; ends the process with status 2 and one line when they do not hold.

    The help names the `others`, modes that are not read here.
    """
    parser = argparse.ArgumentParser(
        prog="python -m generator",
        description="Receipts of a bakery chain that does not exist, posted to the entrypoint.",
        epilog=f"Events and files, each with a --help of its own: {', '.join(others)}.",
    )
    modes = parser.add_subparsers(dest="mode", required=True, metavar=" | ".join(MODES))
    to = Option(
        "--to",
        receiver,
        default_url,
        "the entrypoint (ENTRYPOINT_URL), the broker of AMQP_URL, or a file",
        "URL | amqp | file PATH",
    )
    for name, (text, options) in MODES.items():
        mode = modes.add_parser(name, help=text)
        for option in (to, *COMMON, *options):
            default = "" if option.default is None else " (default: %(default)s)"
            mode.add_argument(
                option.name,
                type=option.kind,
                default=option.default,
                metavar=option.metavar,
                help=option.help + default,
            )
        if name == "replay":
            mode.add_argument("file", type=receipts_file, metavar="FILE")
            again = "under other numbers: as receipts that are new"
            mode.add_argument("--renumber", action="store_true", help=again)
    arguments = parser.parse_args(with_files_joined(argv or sys.argv[1:]))
    kind = FILE if arguments.to.startswith(FILE) else arguments.to
    if arguments.batch is None:
        arguments.batch = BATCH.get(kind, 1)
    if arguments.mode == "steady" and kind == FILE and arguments.seconds is None:
        parser.error("steady to a file does not wait and would never end; give --seconds")
    if arguments.mode == "chain" and kind == FILE:
        parser.error("chain goes on live and would never end in a file; give an entrypoint")
    if arguments.mode == "mess" and sum(shares(arguments)[:-1]) > 1:
        parser.error("the shares of the faults are more than 1 together; give smaller ones")
    return arguments


def shares(arguments: argparse.Namespace) -> Shares:
    """The shares of `mess`."""
    return Shares(*(getattr(arguments, name) for name in Shares._fields))
