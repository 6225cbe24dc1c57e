"""`python -m jobs`: the scheduler, and commands about what it runs."""

import argparse
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from datetime import time as wall_time

from pymongo.errors import PyMongoError

from jobs import commands, jobs_file, rehearsal
from jobs.connection import connected
from jobs.definition import Job
from jobs.run_book import RunBook
from jobs.running import Running
from jobs.scheduler import Scheduler
from jobs.settings import JobsSettings
from tillstream.errors import ServerNotReadyError, TillstreamError
from tillstream.runtime import logs, process
from tillstream.runtime.holder import holder_name
from tillstream.runtime.typed_as import program_name
from tillstream.runtime.watching.watched import watched


def main() -> None:
    """Run the scheduler until SIGTERM or SIGINT, or a command."""
    arguments = _parser().parse_args()
    settings = process.load_settings(JobsSettings)
    logs.configure(settings, "jobs")
    stop = process.stop_on_signals()
    try:
        jobs = jobs_file.load(settings.jobs_file, settings.store_timezone)
        if arguments.command == "scheduler":
            schedule(settings, jobs, stop)
            return
        if arguments.command == "check":
            with process.reader_may_leave():
                print(f"{settings.jobs_file}: {len(jobs)} jobs")
            return
        try:
            text, good = _said(arguments, settings, jobs, stop)
        except PyMongoError as error:
            raise ServerNotReadyError(f"MongoDB: {error!r}") from error
    except TillstreamError as error:
        process.fail(error)
    with process.reader_may_leave():
        print(text)
    raise SystemExit(0 if good else 1)


def schedule(settings: JobsSettings, jobs: list[Job], stop: threading.Event) -> None:
    """Run what is due until `stop`."""
    holder = holder_name()
    with (
        watched(settings, "jobs") as watching,
        connected(settings) as database,
        ThreadPoolExecutor(len(jobs), "job") as executor,
    ):
        running = Running(RunBook(database, holder, time.time), settings.data_dir, stop)
        scheduler = Scheduler(jobs, database, holder, running, time.time, stop, executor, watching)
        scheduler.run(stop.wait)


def _said(
    arguments: argparse.Namespace, settings: JobsSettings, jobs: list[Job], stop: threading.Event
) -> tuple[str, bool]:
    if arguments.command == "rehearse":
        start, end = (
            datetime.combine(day, wall_time(), settings.zone()).timestamp() - 1
            for day in (arguments.day, arguments.day + timedelta(days=1))
        )
        holder, speed = holder_name(), arguments.speed
        return rehearsal.rehearse(settings, jobs, holder, start, end, speed, stop)
    with connected(settings) as database:
        match arguments.command:
            case "list" if arguments.json:
                return commands.listed_json(jobs, database, time.time()), True
            case "list":
                return commands.list_jobs(jobs, database, time.time()), True
            case "history":
                name, most = arguments.name, arguments.most
                return commands.history(jobs, database, settings.zone(), name, most), True
            case "log":
                return commands.log_of(database, arguments.run), True
        holder = holder_name()
        run, good = commands.run_now(jobs, database, settings, holder, arguments.name, stop)
        return commands.log_of(database, run), good


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program_name("jobs"), description=__doc__)
    called = parser.add_subparsers(dest="command", required=True)
    called.add_parser("scheduler", help="run each job at its times, until it is ended")
    called.add_parser("check", help="every mistake of JOBS_FILE")
    listed = called.add_parser(
        "list", help="the jobs, when each comes next, and how its last run ended"
    )
    listed.add_argument("--json", action="store_true", help="for programs")
    running = called.add_parser("run", help="run a job now; 1 unless it goes well")
    running.add_argument("name")
    told = called.add_parser("history", help="the newest runs")
    told.add_argument("name", nargs="?", help="of one job")
    told.add_argument("--most", type=int, default=30, help="so many runs")
    logged = called.add_parser("log", help="what a run wrote")
    logged.add_argument("run", help="as `history` names it")
    rehearsing = called.add_parser(
        "rehearse", help="a day by a fast clock: is each time run once? No command is run"
    )
    rehearsing.add_argument("--speed", type=float, default=1440, help="1440: a day in a minute")
    rehearsing.add_argument("--day", type=date.fromisoformat, default=date(2026, 11, 29))
    return parser


if __name__ == "__main__":
    with process.output_told():
        main()
