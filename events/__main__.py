"""`python -m events`: the worker that counts and archives the events of declared streams."""

import argparse
import threading

from events.aggregates import arguments as aggregates_arguments
from events.commands import aside, check
from events.quarantine import arguments as quarantine_arguments
from events.report import command as report
from events.settings import EventsSettings
from events.windows.state_errors import StateUnreadableError
from tillstream.errors import TillstreamError
from tillstream.runtime import logs, process
from tillstream.runtime.failures import failures_told
from tillstream.runtime.state_file import damage_told
from tillstream.runtime.typed_as import program_name


def main() -> None:
    """Run the worker until SIGTERM or SIGINT, or a command."""
    arguments = _parser().parse_args()
    if arguments.command == "check":
        raise SystemExit(check.run(arguments))
    stop = process.stop_on_signals()
    try:
        if arguments.command == "report":
            raise SystemExit(report.run(arguments, stop))
        raise SystemExit(_run(arguments, stop))
    except TillstreamError as error:
        process.fail(error)


def _run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    settings = process.load_settings(EventsSettings)
    logs.configure(settings, "events" if arguments.command == "worker" else arguments.command)
    process.calm_collector()
    process.calm_allocator()
    path = settings.state_path()
    told = failures_told("the broker", f"the state {path}")
    with told, damage_told(path, StateUnreadableError):
        return _command(arguments, settings, stop)


def _command(arguments: argparse.Namespace, settings: EventsSettings, stop: threading.Event) -> int:
    # A command shall not carry the libraries of the others.
    match arguments.command:
        case "worker":
            from events.run_worker import run_worker

            run_worker(settings, stop, with_archive=not arguments.no_archive)
        case "recount":
            from events.recount_command import recount

            print(recount(settings, stop))
        case "recount-attribution":
            from events.corrections.command import run as run_corrections

            return run_corrections(settings, stop)
        case "compact":
            from events.archive.command import run

            return run(settings, stop)
        case "track-aggregates":
            from events.aggregates.command import run as run_aggregates

            return run_aggregates(arguments, settings, stop)
        case "erase":
            from events.erasure.command import run as run_erase

            return run_erase(arguments, settings, stop)
        case "verify":
            from events.verify.command import run as run_verify

            return run_verify(settings, stop, json=arguments.json)
        case "aside":
            return aside.run(arguments, settings)
        case "quarantine":
            from events.quarantine.command import run as run_quarantine

            return run_quarantine(arguments, settings, stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program_name("events"), description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    working = commands.add_parser("worker", help="worker: count and archive every event once")
    working.add_argument(
        "--no-archive",
        action="store_true",
        help="for measurements: count only",
    )
    commands.add_parser("recount", help="make the windows anew from the archive and the log")
    commands.add_parser("recount-attribution", help="correct rows that late events have made wrong")
    commands.add_parser("compact", help="join the files of days that are over; remove old ones")
    aggregates_arguments.add_arguments(
        commands.add_parser(
            "track-aggregates", help="write every event of some hours with what its user did"
        )
    )
    erasing = commands.add_parser("erase", help="erase a person from archive and state")
    erasing.add_argument("--field", required=True, help="one of a stream's `persons`")
    erasing.add_argument("--value", required=True, help="as it was sent")
    erasing.add_argument("--stream", help="all that have the field in `persons` without it")
    report.add_arguments(
        commands.add_parser("report", help="log each new and each revised row of a window")
    )
    check.add_arguments(
        commands.add_parser("check", help="tell every mistake of the definitions, or list them")
    )
    verifying = commands.add_parser(
        "verify", help="count every window again from archive and log, and compare"
    )
    verifying.add_argument("--json", action="store_true", help="for programs")
    aside.add_arguments(
        commands.add_parser("aside", help="list what could not be counted, and why")
    )
    refused = commands.add_parser(
        "quarantine", help="list, show, mend and send again what the door has refused"
    )
    quarantine_arguments.add_arguments(refused)
    return parser


if __name__ == "__main__":
    with process.output_told():
        main()
