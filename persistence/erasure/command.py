"""`python -m persistence erase-customer ID`: takes a customer out of everything that is kept."""

import argparse
import time

from persistence.erasure.erase import STEPS, Erased, Eraser
from persistence.parquet.lease import held
from persistence.parquet.settings import ParquetSettings
from persistence.parquet.source import connected
from persistence.parquet.storage import Storage
from persistence.parquet.writing import Writing
from tillstream.bounds import IDENTIFIER_LENGTH
from tillstream.runtime import process
from tillstream.runtime.progress import progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("customer", type=_customer, metavar="ID", help="the customerID")


def run(arguments: argparse.Namespace) -> int:
    """Erase, and say what was erased and what stands; 0 when every total is as it was."""
    settings = process.load_settings(ParquetSettings)
    storage = Storage(settings.archive_url())
    with (
        connected(settings.mongo_url, settings.mongo_database) as database,
        held(database, time.time) as lease,
        progress("erase", "steps", STEPS) as shown,
    ):
        writing = Writing(storage, lease, time.time)
        eraser = Eraser(database, writing, time.time, process.stop_on_signals())
        done = eraser.erase(arguments.customer, shown.advance)
    print(_said(done))
    return 0


def _said(done: Erased) -> str:
    receipts = sum(
        of["receipts"]
        for day in done.totals.values()
        for of in (day, *day.get("currencies", {}).values())
    )
    return (
        f"erased the customer from {done.erased['receipts']} receipts,"
        f" {done.erased['conflicts']} conflicts, {done.erased['deadLetters']} dead letters"
        f" and {len(done.days)} days of Parquet files\n"
        f"every total is as it was: {receipts} receipts of {len(done.totals)} days\n"
        f"audit record {done.record}"
    )


def _customer(text: str) -> str:
    if 1 <= len(text) <= IDENTIFIER_LENGTH:
        return text
    raise argparse.ArgumentTypeError(
        f"a customerID has 1 to {IDENTIFIER_LENGTH} characters, this has {len(text)}"
    )
