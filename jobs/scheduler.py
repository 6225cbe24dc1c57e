"""Begins each job at its times. One thread decides, each job runs in another."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import NamedTuple

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from jobs.definition import Job
from jobs.figures import JobFigures
from jobs.job_list import JobList
from jobs.lease import JobBusyError, Lease
from jobs.run_book import RunBook
from jobs.running import Running
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.job_records import BEAT_SECONDS
from tillstream.runtime import retry
from tillstream.runtime.watching.watched import Watched

log = structlog.get_logger()

#: Longest from one look at the clock to the next, while nothing runs and while something does.
QUIET_SECONDS, BUSY_SECONDS = 10.0, 1.0
#: Until a job that another process runs is asked for again.
AGAIN_SECONDS = 5.0
PRUNE_SECONDS = 86_400.0


class Looked(NamedTuple):
    """What a look for a due run has found."""

    #: Nothing is due up to here, Unix seconds.
    decided: float
    #: When to look again, whatever the times say; None is at the next time.
    again_at: float | None


class Scheduler:
    """All jobs of one process."""

    def __init__(
        self,
        jobs: Sequence[Job],
        database: Database[Document],
        holder: str,
        running: Running,
        clock: Clock,
        stop: threading.Event,
        executor: Executor,
        watched: Watched | None = None,
    ) -> None:
        """The executor needs a thread for each job."""
        self._jobs = jobs
        watched = watched or Watched("jobs")
        self._vitals = watched.vitals
        self._figures = JobFigures(watched.registry, self._overdue)
        #: Jobs that a thread runs now.
        self._under_way: set[str] = set()
        self._database = database
        self._holder = holder
        self._running = running
        self._clock = clock
        self._stop = stop
        self._executor = executor
        self._book = RunBook(database, holder, clock)
        self._list = JobList(database)
        self._since: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._decided: dict[str, float] = {}
        self._looking: dict[str, Future[Looked]] = {}
        self._now = clock()
        self._beat_at = self._pruned_at = float("-inf")

    def run(self, wait: Callable[[float], object]) -> None:
        """Until `stop`; `wait` returns after so many seconds of the clock, or earlier."""
        self._surely(self.begin)
        while not self._stop.is_set():
            wait(self.turn())

    def begin(self) -> None:
        """Write down what is declared; every job is looked at first. Raises PyMongoError."""
        self._book.prepare()
        self._now = now = self._clock()
        self._since = self._list.declare(self._jobs, now)
        for job in self._enabled():
            self._decided[job.name] = now
            self._next[job.name] = now
        self._figures.load(self._enabled(), self._database)
        log.info("jobs are declared", jobs=len(self._jobs), enabled=len(self._next))

    def turn(self) -> float:
        """Begin what is due; returns the seconds until there is something to do."""
        self._vitals.turn()
        now = self._clock()
        if now < self._now:
            self._set_back(now)
        self._now = now
        for job in self._enabled():
            looking = self._looking.get(job.name)
            if looking is not None and looking.done():
                self._found(job, self._looking.pop(job.name))
                looking = None
            if looking is None and self._next[job.name] <= now:
                self._looking[job.name] = self._executor.submit(self._look, job)
        self._write(now)
        most = BUSY_SECONDS if self._looking else QUIET_SECONDS
        soonest = min(self._next.values(), default=now + QUIET_SECONDS)
        return most if self._looking else max(0.0, min(soonest - self._clock(), most))

    def _enabled(self) -> list[Job]:
        return [job for job in self._jobs if job.enabled]

    def _found(self, job: Job, looking: Future[Looked]) -> None:
        now = self._clock()
        try:
            found = looking.result()
        # One job must not end the others, whatever it was.
        except Exception:
            log.exception("a job could not be run; it is looked at again", job=job.name)
            found = Looked(self._decided[job.name], now + AGAIN_SECONDS)
        self._decided[job.name] = min(found.decided, now)
        self._next[job.name] = found.again_at or self._following(job)

    def _following(self, job: Job) -> float:
        return next(job.times(self._decided[job.name]), float("inf"))

    def _set_back(self, now: float) -> None:
        """Times that were run stand in MongoDB; what is not there comes when the clock says so."""
        log.warning("the clock was set back", seconds=round(self._now - now, 1))
        for job in self._enabled():
            self._since[job.name] = min(self._since[job.name], now)
            self._decided[job.name] = min(self._decided[job.name], now)
            self._next[job.name] = self._following(job)

    def _look(self, job: Job) -> Looked:
        """Run what is due of a job, if anything is and no other process runs it."""
        lease = Lease(self._database, job.name, self._holder)
        try:
            taken = self._surely(lease.take)
        except JobBusyError:
            return Looked(self._decided[job.name], self._clock() + AGAIN_SECONDS)
        decided = self._clock()
        if not taken:
            return Looked(self._decided[job.name], decided + AGAIN_SECONDS)
        try:
            run = self._surely(lambda: self._book.take_up(job, self._since[job.name]))
            if run is None:
                return Looked(decided, None)
            self._under_way.add(job.name)
            ended = self._running.run(job, run, lease)
            self._figures.ended(job.name, ended.state, self._clock())
            interrupted = ended.state == records.INTERRUPTED
            return Looked(decided, self._clock() if interrupted else None)
        finally:
            self._under_way.discard(job.name)
            lease.give_back()

    def _overdue(self) -> dict[str, float | None]:
        now = self._clock()
        due = {
            job.name: next(job.times(self._decided[job.name]), now)
            for job in self._enabled()
            if job.name in self._decided
        }
        return {
            name: 0.0 if name in self._under_way else max(0.0, now - at) for name, at in due.items()
        }

    def _write(self, now: float) -> None:
        """That the scheduler lives, and once a day without what is too old."""
        try:
            if not 0 <= now - self._beat_at < BEAT_SECONDS:
                coming = {
                    job.name: max(self._next[job.name], now)
                    if job.name not in self._looking
                    else next(job.times(now), float("inf"))
                    for job in self._enabled()
                }
                known = {name: at for name, at in coming.items() if at != float("inf")}
                self._list.beat(self._jobs, known, now)
                self._vitals.connected()
                self._beat_at = now
            if not 0 <= now - self._pruned_at < PRUNE_SECONDS:
                self._book.prune()
                self._pruned_at = now
        except PyMongoError as error:
            self._away(error)

    def _surely(self, ask: Callable[[], retry.T]) -> retry.T | None:
        return retry.until_stopped(ask, PyMongoError, self._stop, self._away)

    def _away(self, error: BaseException) -> None:
        self._vitals.away(f"MongoDB is away: {type(error).__name__}")
        log.warning("MongoDB is away", error=type(error).__name__)
