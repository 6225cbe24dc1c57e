"""The words of `python -m events quarantine`."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.durations import microseconds as duration

MOST_LISTED = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four commands and their arguments."""
    commands = parser.add_subparsers(dest="action", required=True)
    listed = commands.add_parser("list", help="those that are open, the newest last")
    _add_filters(listed)
    listed.add_argument("--all-states", action="store_true", help="replayed and dropped ones, too")
    listed.add_argument("--limit", type=int, default=MOST_LISTED, help="rows (%(default)s)")
    listed.add_argument("--json", action="store_true", help="every row, a line of JSON each")
    shown = commands.add_parser("show", help="one of them, and what to do with it")
    shown.add_argument("id", help="as `list` says it, such as 4711-0")
    replayed = commands.add_parser("replay", help="mend rows and send them to the door again")
    _add_choice(replayed)
    replayed.add_argument(
        "--from", dest="file", type=Path, help="a file of `list --json`, its events edited"
    )
    replayed.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="give a field this value; FIELD= leaves it out",
    )
    replayed.add_argument(
        "--mend",
        action="append",
        default=[],
        metavar="s/PATTERN/REPLACEMENT/",
        help="change the text of the row first, by a regular expression; with g all places",
    )
    replayed.add_argument("--dry-run", action="store_true", help="only print what would be sent")
    _add_choice(commands.add_parser("drop", help="close rows that nobody will send again"))


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="*", default=[], help="as `list` says them, such as 4711-0")
    parser.add_argument("--all", action="store_true", help="all that are open and pass the filters")
    _add_filters(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stream", help="only those that were sent to it")
    parser.add_argument("--rule", help="only those that break it, such as places")
    parser.add_argument(
        "--since", type=_since, default=0, help="a time, 2026-11-28T08:00Z, or a length, '2 h'"
    )


def _since(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            return int(time.time() * MICROSECONDS) - duration(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(
                f"{text!r} is neither a time such as 2026-11-28T08:00Z nor a length such as '2 h'"
            ) from error
    # Without an offset it is UTC, as the list shows it.
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return int(aware.timestamp() * MICROSECONDS)
