"""Runs a command of `python -m analytics`, with libraries that the workers do not carry."""

import argparse
import threading
import time

from pymongo.errors import PyMongoError

from analytics.commands.recount_command import recount
from analytics.commands.tills_command import tills
from analytics.commands.verify_command import verify
from analytics.commands.verify_streams import verify_streams
from analytics.settings import VerifySettings
from analytics.verify import proof
from analytics.verify.report_text import print_report
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import process


def run(arguments: argparse.Namespace, settings: VerifySettings, stop: threading.Event) -> int:
    """The exit status. Raises pika's errors, sqlite3's and ours."""
    try:
        return _run(arguments, settings, stop)
    except PyMongoError as error:
        raise ServerNotReadyError(f"the broker or MongoDB is away: {error!r}") from error


def _run(arguments: argparse.Namespace, settings: VerifySettings, stop: threading.Event) -> int:
    match arguments.command:
        case "recount":
            print(recount(settings, arguments.source, stop, arguments.wait))
        case "verify":
            started_at = time.time()
            report, sums = verify(
                settings,
                stop,
                by_store=arguments.by_store,
                proved=not arguments.all,
                wait_seconds=arguments.wait,
            )
            # Of a long table somebody may want its head only; the proof is kept all the same.
            with process.reader_may_leave():
                print_report(report, sums, as_json=arguments.json)
            found = proof.proof_of(report, started_at, time.time())
            proof.keep(settings, found)
            if arguments.streams:
                return max(found.exit_status, verify_streams(as_json=arguments.json))
            return found.exit_status
        case "tills":
            for line in tills(settings):
                print(line)
    return 0
