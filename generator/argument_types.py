"""Values of the command line: what is right, and for what is wrong how to mend it."""

import argparse
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from generator import currencies
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


def checked(read: Callable[[str], T], holds: Callable[[T], bool], wrong: str) -> Callable[[str], T]:
    """What `read` makes of a text where that holds; `wrong` says what is wrong with the others."""

    def parsed(text: str) -> T:
        try:
            value = read(text)
        except ValueError:
            pass
        else:
            if holds(value):
                return value
        raise argparse.ArgumentTypeError(f"{text!r} {wrong}")

    return parsed


def number(what: str, example: str) -> Callable[[str], float]:
    """A number above 0; NaN is none."""
    wrong = f"is not a number of {what} above 0; give one such as {example}"
    return checked(float, lambda value: 0 < value < 1e9, wrong)


def whole(what: str, example: str, most: int | None = None) -> Callable[[str], int]:
    """A whole number from 1 to `most`."""
    limit = "above 0" if most is None else f"from 1 to {most}"
    wrong = f"is not a whole number of {what} {limit}; give one such as {example}"
    return checked(
        lambda text: int(text) if text.isdecimal() else 0,
        lambda value: 1 <= value <= (most or 10**12),
        wrong,
    )


def receiver(text: str) -> str:
    """An address without its last slash, `amqp`, or `file:PATH`."""
    if text.startswith(FILE):
        writable_file(text.removeprefix(FILE))
        return text
    return text if text == AMQP else _address(text).rstrip("/")


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0


def _has_folder(path: Path) -> bool:
    return not path.is_dir() and path.parent.is_dir()


_address = checked(
    lambda text: text if _is_address(text) else "",
    bool,
    "is not an address; give one such as http://localhost:3000",
)
#: From 0 to 1.
share = checked(
    float, lambda value: 0 <= value <= 1, "is not a share from 0 to 1; give one such as 0.02"
)
#: A file in a folder that exists.
writable_file = checked(Path, _has_folder, "cannot be written; give a file in a folder that exists")
#: A folder that exists and is empty.
folder = checked(
    Path,
    lambda path: path.is_dir() and not any(path.iterdir()),
    "cannot be filled; give an empty folder that exists",
)
seed = checked(
    int, lambda value: 0 <= value < 1 << 20, f"is not a whole number from 0 to {(1 << 20) - 1}"
)
#: A file that can be read, of a format that we know.
receipts_file = checked(
    Path,
    lambda path: path.suffix.lower() in READERS and path.is_file(),
    f"cannot be replayed; give a file that exists and ends with {', '.join(READERS)}",
)
#: A table of stores; what is wrong in it is told when it is read.
stores_file = checked(Path, Path.is_file, "is no file; write one with: python -m generator stores")
#: A date, `YYYY-MM-DD`.
day = checked(date.fromisoformat, bool, "is not a day; give one such as 2026-03-10")
#: A time, `YYYY-MM-DDTHH:MM`; without an offset it is wall time.
moment = checked(datetime.fromisoformat, bool, "is not a time; give one such as 2026-03-10T08:00")
#: Stores in other currencies.
currency_shares = checked(
    currencies.parse,
    bool,
    f"is not CODE=SHARE with {', '.join(currencies.TARIFFS)}; give one such as JPY=0.1,KWD=0.05",
)
