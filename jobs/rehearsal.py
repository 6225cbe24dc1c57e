"""`python -m jobs rehearse`: a day of the declared jobs by a fast clock, and no command is run.

The scheduler is the real one, with a real MongoDB: a database of its own, dropped at the end.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from pymongo import MongoClient

from jobs.definition import Job
from jobs.ended import Ended
from jobs.run_book import RunBook
from jobs.running import Running
from jobs.scheduler import Scheduler
from jobs.settings import JobsSettings
from tillstream import archive
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.runtime.text_table import text_table


class FastClock:
    """A clock that runs `speed` times as fast as ours, from a given moment."""

    def __init__(self, start: float, speed: float) -> None:
        self._start, self._speed = start, speed
        self._begun = time.monotonic()

    def __call__(self) -> float:
        """Unix seconds."""
        return self._start + (time.monotonic() - self._begun) * self._speed

    def real(self, seconds: float) -> float:
        """So long do seconds of this clock take."""
        return seconds / self._speed


def rehearse(
    settings: JobsSettings,
    jobs: Sequence[Job],
    holder: str,
    start: float,
    end: float,
    speed: float,
    stop: threading.Event,
) -> tuple[str, bool]:
    """The times in (start, end), Unix seconds: a table, and whether each was run once.

    Jobs that are disabled run, too.
    """
    wanted = [replace(job, enabled=True) for job in jobs]
    name = f"{settings.mongo_database[:20]}_rehearsal"
    over = threading.Event()
    with archive.connect(settings.mongo_url, "tillstream rehearsal") as client:
        client.drop_database(name)
        try:
            clock = FastClock(start, speed)
            # The end is by this clock; a stop ends it earlier.
            database = archive.majority(client, name)
            book = RunBook(database, holder, clock)
            running = Running(book, settings.data_dir, over, launch=_nothing)
            with ThreadPoolExecutor(max(len(wanted), 1), "job") as executor:
                scheduler = Scheduler(wanted, database, holder, running, clock, over, executor)

                def wait(seconds: float) -> None:
                    stop.wait(clock.real(seconds))
                    if stop.is_set() or clock() >= end:
                        over.set()

                scheduler.run(wait)
            return _report(client, name, wanted, start, end)
        finally:
            client.drop_database(name)


def _nothing(*_: Any) -> Ended:
    return Ended(records.OK, 0, [])


def _report(
    client: MongoClient[Document], name: str, jobs: Sequence[Job], start: float, end: float
) -> tuple[str, bool]:
    ran = Counter[tuple[str, float]]()
    latest: dict[str, float] = {}
    for run in client[name][records.RUNS].find({"state": records.OK}):
        at = run["at"].timestamp()
        ran[run["job"], at] += len(run["attempts"])
        late = run["startedAt"].timestamp() - at
        latest[run["job"]] = max(latest.get(run["job"], 0.0), late)
    cells = []
    good = True
    for job in jobs:
        due = set(_until(job, start, end))
        # What was begun in the last moment may be beyond the day.
        found = {at: n for (each, at), n in ran.items() if each == job.name and at < end}
        missing, twice = len(due - found.keys()), sum(n - 1 for n in found.values())
        more = len(found.keys() - due)
        good = good and not missing and not twice and not more
        late = f"{latest.get(job.name, 0.0):.0f} s"
        cells.append((job.name, job.cron, *map(str, (len(due), len(found), missing, twice)), late))
    heads = ("job", "cron", "due", "run", "missing", "twice", "latest start after")
    return text_table(heads, cells), good


def _until(job: Job, start: float, end: float) -> list[float]:
    due: list[float] = []
    for at in job.times(start):
        if at >= end:
            break
        due.append(at)
    return due
