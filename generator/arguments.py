"""The command line of the generator; a wrong value says how to mend it."""

import argparse
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from generator.counters import MAX_TILLS


def parse(argv: list[str] | None, default_url: str) -> argparse.Namespace:
    """The arguments; ends the process with status 2 and one line when they do not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m generator",
        description="Receipts of a bakery chain that does not exist, posted to the entrypoint.",
    )
    common = _common(default_url)
    modes = parser.add_subparsers(dest="mode", required=True, metavar="steady | burst")

    steady = modes.add_parser(
        "steady", parents=[common], help="at a constant rate, until a signal or --seconds"
    )
    steady.add_argument(
        "--rate",
        type=_number("receipts per second", "--rate 8"),
        default=7.5,
        help="receipts per second (default: %(default)s)",
    )
    steady.add_argument(
        "--seconds",
        type=_number("seconds", "--seconds 60"),
        help="end after so many seconds of sending (default: never)",
    )
    steady.add_argument(
        "--outstanding",
        type=_whole("receipts", "--outstanding 256", most=10_000),
        default=256,
        help="receipts on their way at once, at most (default: %(default)s)",
    )

    burst = modes.add_parser(
        "burst", parents=[common], help="a number of receipts, as fast as they are answered"
    )
    burst.add_argument(
        "--count",
        type=_whole("receipts", "--count 10000"),
        default=10_000,
        help="how many receipts (default: %(default)s)",
    )
    burst.add_argument(
        "--concurrency",
        type=_whole("connections", "--concurrency 64", most=10_000),
        default=64,
        help="receipts on their way at once (default: %(default)s)",
    )
    burst.add_argument(
        "--patience",
        type=_number("seconds", "--patience 60"),
        default=60.0,
        help="break off after so many seconds without a final answer (default: %(default)s)",
    )
    return parser.parse_args(argv)


def _common(default_url: str) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--to",
        type=_url,
        default=default_url,
        metavar="URL",
        help="the entrypoint (default: ENTRYPOINT_URL, now %(default)s)",
    )
    common.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    common.add_argument(
        "--stores",
        type=_whole("stores", "--stores 1000", most=100_000),
        default=1000,
        help="default: %(default)s",
    )
    common.add_argument(
        "--tills",
        type=_whole("tills in each store", "--tills 4", most=MAX_TILLS),
        default=4,
        help="tills in each store (default: %(default)s)",
    )
    common.add_argument(
        "--tries",
        type=_whole("tries", "--tries 15"),
        default=15,
        help="how often a receipt is sent, at most (default: %(default)s)",
    )
    common.add_argument(
        "--timeout",
        type=_number("seconds", "--timeout 10"),
        default=10.0,
        help="seconds to wait for one answer (default: %(default)s)",
    )
    common.add_argument(
        "--wait",
        type=_number("seconds", "--wait 60"),
        default=60.0,
        help="seconds to wait for the entrypoint at the start (default: %(default)s)",
    )
    common.add_argument(
        "--json", type=_file, metavar="FILE", help="write the summary there, as JSON"
    )
    return common


def _number(what: str, example: str) -> Callable[[str], float]:
    def parsed(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        # Written so that NaN fails too.
        if not 0 < number < 1e9:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number of {what} above 0; give one such as {example}"
            )
        return number

    return parsed


def _whole(what: str, example: str, most: int = 10**12) -> Callable[[str], int]:
    def parsed(text: str) -> int:
        number = int(text) if text.isdecimal() else 0
        if not 1 <= number <= most:
            limit = f"from 1 to {most}" if most < 10**12 else "above 0"
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of {what} {limit}; give one such as {example}"
            )
        return number

    return parsed


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an address; give one such as http://localhost:3000"
        )
    return text.rstrip("/")


def _file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be written; give a file in a folder that exists"
        )
    return path
