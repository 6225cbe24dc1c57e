"""`python -m connectors import FILE...`: files of tills to the door, and what came of it."""

import argparse
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from connectors.files import formats
from connectors.files.amounts import exponent_of
from connectors.files.found import Account, Reader
from connectors.files.import_errors import ImportFileError
from connectors.files.sending import Delivered, Door, Parcel, deliver_all
from connectors.files.store_numbers import StoreNumbers, store_number
from connectors.files.summary import summary
from tillstream import stores
from tillstream.runtime import process
from tillstream.runtime.progress import Progress, progress
from tillstream.runtime.settings import DoorSettings, StoreTimeSettings

_encode = msgspec.json.Encoder().encode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--check",
        action="store_true",
        help="read all of it and compare it with its closings; send nothing",
    )
    parser.add_argument(
        "--ndjson", type=Path, metavar="OUT", help="write the receipts there; send nothing"
    )
    parser.add_argument(
        "--store",
        action="append",
        default=[],
        type=store_number,
        metavar="NAME=NUMBER",
        help="the chain's number of a shop that the file names so (else: by STORES_FILE)",
    )


def run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    """Import the files; 1 when receipts were refused, or a closing says otherwise."""
    url = process.load_settings(DoorSettings).door_url()
    table = stores.load(process.load_settings(StoreTimeSettings))
    # Rows and receipts are many and in no cycles; to look for some at each 700th costs a tenth.
    gc.set_threshold(100_000)
    status = 0
    for path in arguments.files:
        try:
            if not path.exists():
                raise ImportFileError("it does not exist")
            numbers = StoreNumbers(dict(arguments.store), table)
            with closing(Door(url, os.environ.get("API_KEY"), stop)) as door:
                account, done = _one(path, door, numbers, arguments, stop)
            account.stores = numbers.told()
        except (ImportFileError, OSError) as error:
            print(f"error: {path}: {error}", file=sys.stderr)
            status = 1
            if stop.is_set():
                break
            continue
        # The next file is imported, also where nobody reads what is said of this one.
        with process.reader_may_leave():
            is_sent = not (arguments.check or arguments.ndjson)
            print(summary(path.name, account, done, is_sent=is_sent))
        if account.differs or done.refused:
            status = 1
    return status


def _one(
    path: Path,
    door: Door,
    numbers: StoreNumbers,
    arguments: argparse.Namespace,
    stop: threading.Event,
) -> tuple[Account, Delivered]:
    with (
        formats.opened(path, exponent_of) as reader,
        progress(path.name, "receipts" if path.suffix != ".xml" else "B", reader.size) as bar,
    ):
        parcels = _parcels(reader, numbers, bar, stop)
        if arguments.ndjson is not None:
            return reader.account, _write(arguments.ndjson, parcels)
        if arguments.check:
            return reader.account, Delivered(sum(1 for _ in parcels), [])
        return reader.account, deliver_all(door, parcels, stop)


def _parcels(
    reader: Reader, numbers: StoreNumbers, bar: Progress, stop: threading.Event
) -> Iterator[Parcel]:
    told = 0
    for found in reader.receipts():
        if stop.is_set():
            raise ImportFileError("stopped; import it again, what was accepted counts once")
        numbers.renumber(found.receipt)
        yield Parcel(found.place, _encode(found.receipt))
        if (at := reader.position()) - told >= reader.size // 1_000:
            bar.advance(at - told)
            told = at
    bar.advance(reader.position() - told)


def _write(path: Path, parcels: Iterator[Parcel]) -> Delivered:
    with path.open("wb") as out:
        number = 0
        for number, parcel in enumerate(parcels, 1):  # noqa: B007 - the last one is the count
            out.write(parcel.body + b"\n")
    return Delivered(number, [])
