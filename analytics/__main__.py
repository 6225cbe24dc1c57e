"""`python -m analytics`: the two workers that read the receipts log, and the ledger's commands."""

import argparse
import threading
import time
from functools import partial

from analytics.commands.waiting import CATCH_UP_SECONDS
from analytics.failures import failures_told
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.workers.rate import RateWorker
from analytics.workers.totals_run import run_totals
from tillstream.errors import TillstreamError
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import prepared
from tillstream.runtime import broker, logs, process, quiet
from tillstream.runtime.typed_as import program_name
from tillstream.runtime.watching.watched import watched


def main() -> None:
    """Run a worker until SIGTERM or SIGINT, or a command."""
    arguments = _parser().parse_args()
    stop = process.stop_on_signals()
    try:
        raise SystemExit(_run(arguments, stop))
    except TillstreamError as error:
        process.fail(error)


def run_rate(settings: AnalyticsSettings, stop: threading.Event) -> None:
    """Publish `metrics-storm`."""
    quiet.release_when_quiet()
    with watched(settings, "rate") as watching:
        rate = RateWorker(time.time, watching, Log(settings.amqp_url))
        broker.keep_connected(
            settings.amqp_url,
            "rate",
            prepared(settings.amqp_url, settings.log_partitions, partial(rate.run, stop=stop)),
            stop,
            watching.vitals,
        )


def _run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    settings = process.load_settings(VerifySettings)
    logs.configure(settings, arguments.command)
    process.calm_collector()
    process.calm_allocator()
    with failures_told(settings.ledger_path()):
        return _command(arguments, settings, stop)


def _command(arguments: argparse.Namespace, settings: VerifySettings, stop: threading.Event) -> int:
    match arguments.command:
        case "totals":
            quiet.release_when_quiet()
            run_totals(settings, stop)
        case "rate":
            run_rate(settings, stop)
        case _:
            # The workers shall not carry the libraries of the commands.
            from analytics.commands.run import run

            return run(arguments, settings, stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program_name("analytics"), description=__doc__)
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
    with process.output_told():
        main()
