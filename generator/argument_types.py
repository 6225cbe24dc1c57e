"""Values of the command line: what is right, and for what is wrong how to mend it."""

import argparse
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from generator.records import READERS

T = TypeVar("T")

#: Receivers that are no address; a file is kept as `file:PATH`.
AMQP, FILE = "amqp", "file:"


def with_files_joined(argv: Sequence[str]) -> list[str]:
    """`--to file PATH` as one argument, as argparse wants it."""
    joined: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word == "file" and joined and joined[-1] == "--to":
            joined.append(FILE + next(rest, ""))
        else:
            joined.append(word)
    return joined


def number(what: str, example: str) -> Callable[[str], float]:
    """A number above 0."""

    def parsed(text: str) -> float:
        value = _float(text)
        # Written so that NaN fails too.
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number of {what} above 0; give one such as {example}"
            )
        return value

    return parsed


def share(text: str) -> float:
    """A number from 0 to 1."""
    value = _float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a share from 0 to 1; give one such as 0.02"
        )
    return value


def whole(what: str, example: str, most: int = 10**12) -> Callable[[str], int]:
    """A whole number from 1 to `most`."""

    def parsed(text: str) -> int:
        value = int(text) if text.isdecimal() else 0
        if not 1 <= value <= most:
            limit = f"from 1 to {most}" if most < 10**12 else "above 0"
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of {what} {limit}; give one such as {example}"
            )
        return value

    return parsed


def receiver(text: str) -> str:
    """An address without its last slash, `amqp`, or `file:PATH`."""
    if text == AMQP:
        return text
    if text.startswith(FILE):
        writable_file(text.removeprefix(FILE))
        return text
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


def writable_file(text: str) -> Path:
    """A file in a folder that exists."""
    path = Path(text)
    if not text or path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be written; give a file in a folder that exists"
        )
    return path


def receipts_file(text: str) -> Path:
    """A file that can be read, of a format that we know."""
    path = Path(text)
    if path.suffix.lower() not in READERS or not path.is_file():
        endings = ", ".join(READERS)
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be replayed; give a file that exists and ends with {endings}"
        )
    return path


def day(text: str) -> date:
    """A date, `YYYY-MM-DD`."""
    return _read(date.fromisoformat, text, "a day", "2026-03-10")


def moment(text: str) -> datetime:
    """A time, `YYYY-MM-DDTHH:MM`; without an offset it is wall time."""
    return _read(datetime.fromisoformat, text, "a time", "2026-03-10T08:00")


def _read(read: Callable[[str], T], text: str, what: str, example: str) -> T:
    try:
        return read(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not {what}; give one such as {example}"
        ) from None


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
