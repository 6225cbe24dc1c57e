"""Jobs for tests, a clock that jumps, and the scheduler beside a real MongoDB."""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from jobs.definition import Job
from jobs.ended import Ended
from jobs.run_book import RunBook
from jobs.running import Running
from jobs.scheduler import Scheduler
from tillstream import job_records as records

Document = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")


def job(name: str = "export", cron: str = "0 * * * *", **more: Any) -> Job:
    """A job that runs each hour, unless something else is said."""
    usual: dict[str, Any] = {
        "command": ("persistence", "seal"),
        "zone": PARIS,
        "limit_seconds": 20.0,
        "retries": 0,
        "backoff_seconds": 0.1,
    }
    return Job(name=name, cron=cron, **usual | more)


class JumpingClock:
    """Stands still until somebody waits, or sets it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)


class AtOnce(Executor):
    """Runs what is submitted before `submit` returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **more))
        except BaseException as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


class Told:
    """A scheduler by a jumping clock; commands are noted, not run."""

    def __init__(
        self, database: Database[Document], clock: JumpingClock, jobs: Sequence[Job]
    ) -> None:
        self.clock = clock
        self.stop = threading.Event()
        self.ends = [records.OK]
        holder = uuid.uuid4().hex
        book = RunBook(database, holder, clock)
        running = Running(book, Path("var"), self.stop, launch=self._launch)
        self.scheduler = Scheduler(jobs, database, holder, running, clock, self.stop, AtOnce())
        self._database = database
        self.launched = 0

    def run_until(self, end: float) -> "Told":
        """Begin, and go on until the clock says so."""

        def wait(seconds: float) -> None:
            self.clock.wait(min(seconds, max(end - self.clock.now, 0)))
            if self.clock.now >= end:
                self.stop.set()

        self.scheduler.run(wait)
        return self

    def _launch(self, *_: Any) -> Ended:
        self.launched += 1
        state = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        return Ended(state, 0 if state == records.OK else 1, [state])


def runs(database: Database[Document], job_name: str, zone: ZoneInfo = PARIS) -> list[list[str]]:
    """Time by the zone's wall clock, kind, state and number of attempts of each run, in order."""
    found = database[records.RUNS].find({"job": job_name}, sort=[("at", 1)])
    return [
        [
            f"{run['at'].astimezone(zone):%d %H:%M}",
            run["kind"],
            run["state"],
            str(len(run["attempts"])),
        ]
        for run in found
    ]
