"""`python -m analytics`: the two workers that read the receipts log, and the ledger's commands."""

import argparse
import sqlite3
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import pika.exceptions
import structlog

from analytics.commands.waiting import CATCH_UP_SECONDS
from analytics.ledger.ledger_errors import damage_told
from analytics.ledger.ledger_file import Ledger
from analytics.ledger.ownership import adopt
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.workers.rate import RateWorker
from analytics.workers.totals import TotalsWorker
from tillstream import stores
from tillstream.calendars import described
from tillstream.errors import ServerNotReadyError, TillstreamError
from tillstream.log.continuity import Log
from tillstream.runtime import broker, data_folder, logs, process, quiet
from tillstream.runtime.owned_file import owned
from tillstream.runtime.watching.watched import watched

log = structlog.get_logger()


def main() -> None:
    """Run a worker until SIGTERM or SIGINT, or a command."""
    arguments = _parser().parse_args()
    stop = process.stop_on_signals()
    try:
        raise SystemExit(_run(arguments, stop))
    except TillstreamError as error:
        process.fail(error)


def run_totals(settings: VerifySettings, stop: threading.Event) -> None:
    """Count receipts into the ledger and publish; adopt a rebuilt ledger when there is one."""
    quiet.release_when_quiet()
    data_folder.require_current(settings.data_dir)
    path = settings.ledger_path()
    table = stores.load(settings)
    calendar = described(table)
    with owned(path, calendar) as ours, watched(settings, "totals") as watching:
        if not ours:
            raise TillstreamError(f"another totals worker owns {path}; end it first")
        while not stop.is_set():
            adopt(path, calendar)
            with Ledger(path) as ledger, _figures_written(settings):
                totals = TotalsWorker(
                    ledger,
                    table,
                    time.time,
                    Log(settings.amqp_url),
                    settings.identity_days,
                    watching,
                )
                broker.keep_connected(
                    settings.amqp_url,
                    "totals",
                    partial(totals.run, stop=stop),
                    stop,
                    watching.vitals,
                )


def _figures_written(settings: VerifySettings) -> AbstractContextManager[None]:
    """The thread that writes the figures of days, where it is said where to."""
    if settings.mongo_url is None:
        log.warning("MONGO_URL is not set: the figures of days are not written to MongoDB")
        return nullcontext()
    # The other worker shall not carry it.
    from analytics.workers.figures_writer import writing

    return writing(settings.ledger_path(), settings.mongo_url, settings.mongo_database)


def run_rate(settings: AnalyticsSettings, stop: threading.Event) -> None:
    """Publish `metrics-storm`."""
    quiet.release_when_quiet()
    with watched(settings, "rate") as watching:
        rate = RateWorker(time.time, watching)
        broker.keep_connected(
            settings.amqp_url,
            "rate",
            lambda connection: rate.run(connection, stop),
            stop,
            watching.vitals,
        )


def _run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    settings = process.load_settings(VerifySettings)
    logs.configure(settings, arguments.command)
    process.calm_collector()
    process.calm_allocator()
    try:
        with damage_told(settings.ledger_path()):
            return _command(arguments, settings, stop)
    except pika.exceptions.AMQPError as error:
        raise ServerNotReadyError(f"the broker or MongoDB is away: {error!r}") from error
    except sqlite3.OperationalError as error:
        # A disk that is full, or files that may not be written: no receipt is to blame.
        raise TillstreamError(
            f"the ledger {settings.ledger_path()} cannot be used now: {error}; it goes on where it"
            " was once that is mended"
        ) from error


def _command(arguments: argparse.Namespace, settings: VerifySettings, stop: threading.Event) -> int:
    match arguments.command:
        case "totals":
            run_totals(settings, stop)
        case "rate":
            run_rate(settings, stop)
        case _:
            # The workers shall not carry the libraries of the commands.
            from analytics.commands.run import run

            return run(arguments, settings, stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analytics", description=__doc__)
    commands_of = parser.add_subparsers(dest="command", required=True)
    commands_of.add_parser("totals", help="worker: count every receipt once")
    commands_of.add_parser("rate", help="worker: receipts in the last 60 seconds")
    recounting = commands_of.add_parser("recount", help="rebuild the ledger")
    recounting.add_argument(
        "--from", dest="source", choices=("log", "archive"), default="log", help="default: log"
    )
    verifying = commands_of.add_parser(
        "verify", help="compare the door, the log, the ledger and the archive, to the cent"
    )
    verifying.add_argument("--json", action="store_true", help="for programs")
    verifying.add_argument(
        "--all", action="store_true", help="also days that an earlier run has proved"
    )
    verifying.add_argument(
        "--streams", action="store_true", help="also the windows of streams of events"
    )
    verifying.add_argument("--by-store", action="store_true", help="the sums of every store")
    for each in (recounting, verifying):
        each.add_argument(
            "--wait",
            type=float,
            default=CATCH_UP_SECONDS,
            metavar="SECONDS",
            help="for what is still on its way, at most (default: %(default)s)",
        )
    commands_of.add_parser("tills", help="gaps in the tills' numbers, and silent tills")
    return parser


if __name__ == "__main__":
    main()
