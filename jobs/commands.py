"""The commands beside the scheduler: list, run, history, log."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from pymongo import DESCENDING
from pymongo.database import Database

from jobs.definition import Job
from jobs.lease import held
from jobs.run_book import RunBook
from jobs.running import Running
from jobs.settings import JobsSettings
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.clock import utc
from tillstream.errors import TillstreamError
from tillstream.runtime.printable import printable
from tillstream.runtime.text_table import text_table
from tillstream.streams.mistakes import proposal


class NoJobError(TillstreamError):
    """A name that no job has."""

    def __init__(self, name: str, jobs: Sequence[Job]) -> None:
        super().__init__(f"there is no job {name!r}{proposal(name, [job.name for job in jobs])}")


class NoRunError(TillstreamError):
    """An `_id` that no run has."""

    def __init__(self, run: str) -> None:
        super().__init__(f"there is no run {run!r}; `tillstream jobs history` names them")


def list_jobs(jobs: Sequence[Job], database: Database[Document], now: float) -> str:
    """Each job with its next time and its last run."""
    cells = []
    for job in jobs:
        last, coming = _last(database, job), _coming(job, now)
        cells.append(
            (
                job.name,
                " ".join(job.command),
                job.cron,
                job.zone.key,
                _wall(coming, job.zone) if job.enabled else "disabled",
                _wall(last["at"], job.zone) if last else "",
                last["state"] if last else "",
            )
        )
    return text_table(("job", "command", "cron", "zone", "next", "last", "state"), cells, 7)


def listed_json(jobs: Sequence[Job], database: Database[Document], now: float) -> str:
    """The same for programs; times as ISO 8601 in UTC, null where there is none."""
    listed = []
    for job in jobs:
        last = _last(database, job)
        listed.append(
            {
                "job": job.name,
                "command": list(job.command),
                "cron": job.cron,
                "zone": job.zone.key,
                "enabled": job.enabled,
                "next": _coming(job, now),
                "lastAt": last and last["at"],
                "lastState": last and last["state"],
                "lastRun": last and last["_id"],
            }
        )
    return msgspec.json.encode(listed).decode()


def _last(database: Database[Document], job: Job) -> Document | None:
    """The newest run that was not skipped."""
    return database[records.RUNS].find_one(
        {"job": job.name, "state": {"$ne": records.SKIPPED}}, sort=[("at", DESCENDING)]
    )


def _coming(job: Job, now: float) -> datetime | None:
    coming = next(job.times(now), None) if job.enabled else None
    return None if coming is None else utc(coming)


def history(
    jobs: Sequence[Job], database: Database[Document], zone: ZoneInfo, name: str | None, most: int
) -> str:
    """The newest runs, of one job or of all."""
    if name is not None and not any(job.name == name for job in jobs):
        raise NoJobError(name, jobs)
    found = database[records.RUNS].find(
        {} if name is None else {"job": name}, sort=[("at", DESCENDING)], limit=most
    )
    cells = [
        (
            run["_id"],
            run["kind"],
            run["state"],
            _wall(run["startedAt"], zone),
            _seconds(run["startedAt"], run["endedAt"]),
            str(len(run["attempts"])),
            "" if run["exitStatus"] is None else str(run["exitStatus"]),
            run["reason"],
        )
        for run in found
    ]
    heads = ("run", "kind", "state", "started", "took", "attempts", "status", "reason")
    return text_table(heads, cells, 8)


def log_of(database: Database[Document], run_id: str) -> str:
    """What the last attempt of a run wrote."""
    run = database[records.RUNS].find_one({"_id": run_id})
    if run is None:
        raise NoRunError(run_id)
    head = f"{run['_id']} {run['kind']}, {run['state']}, exit status {run['exitStatus']}"
    lines = [head, f"python -m {' '.join(run['command'])}"]
    if run["reason"]:
        lines.append(run["reason"])
    if run["cut"]:
        lines.append(f"({run['cut']} lines before these were not kept)")
    return "\n".join(printable(line) for line in [*lines, *run["lines"]])


def run_now(
    jobs: Sequence[Job],
    database: Database[Document],
    settings: JobsSettings,
    holder: str,
    name: str,
    stop: threading.Event,
) -> tuple[str, bool]:
    """Run a job to its end; its `_id`, and whether it went well. Raises JobBusyError."""
    job = next((job for job in jobs if job.name == name), None)
    if job is None:
        raise NoJobError(name, jobs)
    book = RunBook(database, holder, time.time)
    book.prepare()
    with held(database, name, holder) as lease:
        run = book.begin_by_hand(job)
        ended = Running(book, settings.data_dir, stop).run(job, run, lease)
    return run["_id"], ended.state == records.OK


def _wall(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _seconds(start: datetime | None, end: datetime | None) -> str:
    return "" if start is None or end is None else f"{(end - start).total_seconds():.1f} s"
