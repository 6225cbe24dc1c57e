"""`python -m persistence export-parquet`: closed business days from MongoDB to Parquet."""

import argparse
import sys
import time
from dataclasses import replace
from datetime import date, timedelta

from persistence.parquet.export import Exported, Exporter
from persistence.parquet.lease import held
from persistence.parquet.settings import ParquetSettings
from persistence.parquet.source import Source, connected
from persistence.parquet.storage import Storage
from persistence.parquet.writing import Writing
from tillstream import stores
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import ByCurrency, receipts_in
from tillstream.runtime import process
from tillstream.runtime.printable import printable
from tillstream.runtime.progress import progress
from tillstream.runtime.settings import redacted


class DayOpenError(TillstreamError):
    """A business day that is not over in every store; `last_closed` is the newest that is."""

    def __init__(self, day: date, last_closed: date) -> None:
        self.day = day
        self.last_closed = last_closed
        super().__init__(
            f"{day} is not over in every store; the last closed business day is {last_closed}"
        )


class NoDaysError(TillstreamError):
    """A range that ends before it begins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--to", metavar="URL", help="folder or fsspec URL; default: PARQUET_URL")
    parser.add_argument(
        "--from", dest="first", type=_day, metavar="DAY", help="first business day, YYYY-MM-DD"
    )
    parser.add_argument("--to-day", dest="last", type=_day, metavar="DAY", help="last business day")


def run(arguments: argparse.Namespace) -> int:
    """Export, with a line for each day; 0 when all of it was done, 1 when anything was left out."""
    settings = process.load_settings(ParquetSettings)
    if arguments.to:
        settings = replace(settings, parquet_url=arguments.to)
    storage = Storage(settings.archive_url())
    last_closed = stores.load(settings).open_day(time.time()) - timedelta(days=1)
    kept_from = oldest_kept(last_closed, settings.parquet_retention_days)
    first, last = day_range(arguments.first, arguments.last, last_closed)
    first = max(first, kept_from)
    done: list[Exported] = []
    with (
        connected(settings.mongo_url, settings.mongo_database) as database,
        held(database, time.time) as lease,
        progress("export", "receipts") as shown,
    ):
        writing = Writing(storage, lease, time.time)
        if dropped := writing.drop_before(kept_from):
            shown.say(f"{dropped} days dropped: they were before {kept_from}")
        exporter = Exporter(Source(database), writing, time.time, process.stop_on_signals())
        for each in exporter.run(first, last, shown):
            done.append(each)
            if each.what != "up to date":
                shown.say(
                    f"{each.day}  {each.what}: {receipts_in(each.totals):,} receipts,"
                    f" {_gross(each.totals)}, {each.added:,} of them new"
                )
    print(_summary(done, redacted(storage.url)))
    for error in (*exporter.failed, *exporter.left_out):
        print(f"error: {printable(str(error))}", file=sys.stderr)
    return 1 if exporter.failed or exporter.left_out else 0


def day_range(first: date | None, last: date | None, last_closed: date) -> tuple[date, date]:
    """The days to export, both included: all that are closed when none is given.

    Raises DayOpenError and NoDaysError.
    """
    if last is not None and last > last_closed:
        raise DayOpenError(last, last_closed)
    first, last = first or date.min, last or last_closed
    if first > last:
        raise NoDaysError(f"no closed business day from {first} to {last}")
    return first, last


def oldest_kept(last_closed: date, days: int) -> date:
    """The first of the newest `days` closed business days; of 0, the first of all."""
    return last_closed - timedelta(days=days - 1) if days else date.min


def _summary(done: list[Exported], where: str) -> str:
    number = {what: sum(each.what == what for each in done) for what in ("written", "rewritten")}
    return (
        f"{where}: {number['written']} days written, {number['rewritten']} rewritten,"
        f" {len(done) - sum(number.values())} were up to date"
    )


def _gross(totals: ByCurrency) -> str:
    return ", ".join(f"{of.gross:,} {currency}" for currency, of in sorted(totals.items()))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-21") from None
