"""What the scheduler of jobs has written: each job, its newest runs, the log of one."""

import threading
from datetime import datetime

import msgspec
from pymongo import DESCENDING, MongoClient

from dashboard.archive.connection import answering
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.clock import Clock

#: Runs of a job that are shown.
MAX_RUNS = 24
#: Viewers together ask MongoDB so often, seconds.
ASK_SECONDS = 2.0
QUERY_TIMEOUT_MS = 5_000


class NoRunError(LookupError):
    """An `_id` that no run has."""


class Run(msgspec.Struct, frozen=True, rename="camel"):
    """A run; times are Unix seconds."""

    id: str
    at: float
    kind: str
    state: str
    started_at: float | None
    ended_at: float | None
    attempts: int
    exit_status: int | None
    reason: str


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """A job and its newest runs, the newest first."""

    name: str
    command: str
    cron: str
    zone: str
    enabled: bool
    next_at: float | None
    runs: list[Run]


class JobsState(msgspec.Struct, frozen=True, rename="camel"):
    """What the page Jobs shows."""

    read_at: float
    #: When a scheduler last said that it lives; None when none ever did.
    seen_at: float | None
    silent: bool
    zone: str
    jobs: list[Job]


class Log(msgspec.Struct, frozen=True, rename="camel"):
    """What a run wrote: its newest lines, and how many were before them."""

    run: Run
    command: str
    lines: list[str]
    cut: int


class Jobs:
    """Asks MongoDB; safe to call from several threads. Raises ArchiveAwayError."""

    def __init__(
        self, client: MongoClient[Document], database: str, zone: str, clock: Clock
    ) -> None:
        self._database = client[database]
        self._zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._state: JobsState | None = None

    def state(self) -> JobsState:
        """Every job, as of ASK_SECONDS ago at most."""
        with self._lock:
            now = self._clock()
            if self._state is None or not 0 <= now - self._state.read_at < ASK_SECONDS:
                self._state = self._read(now)
            return self._state

    def log(self, run: str) -> Log:
        """What a run wrote; raises NoRunError."""
        with answering():
            found = self._database[records.RUNS].find_one(
                {"_id": run}, max_time_ms=QUERY_TIMEOUT_MS
            )
        if found is None:
            raise NoRunError(run)
        return Log(_run(found), " ".join(found["command"]), found["lines"], found["cut"])

    def _read(self, now: float) -> JobsState:
        with answering():
            declared = list(
                self._database[records.JOBS].find(
                    {}, sort=[("place", 1), ("_id", 1)], max_time_ms=QUERY_TIMEOUT_MS
                )
            )
            jobs = [self._job(each) for each in declared]
        seen = max((at for each in declared if (at := _unix(each.get("seenAt")))), default=None)
        silent = seen is None or now - seen > records.SILENT_SECONDS
        return JobsState(now, seen, silent, self._zone, jobs)

    def _job(self, declared: Document) -> Job:
        found = self._database[records.RUNS].find(
            {"job": declared["_id"]},
            {"lines": 0},
            sort=[("at", DESCENDING)],
            limit=MAX_RUNS,
            max_time_ms=QUERY_TIMEOUT_MS,
        )
        return Job(
            name=declared["_id"],
            command=" ".join(declared["command"]),
            cron=declared["cron"],
            zone=declared["zone"],
            enabled=declared["enabled"],
            next_at=_unix(declared.get("nextAt")),
            runs=[_run(each) for each in found],
        )


def _run(found: Document) -> Run:
    return Run(
        id=found["_id"],
        at=found["at"].timestamp(),
        kind=found["kind"],
        state=found["state"],
        started_at=_unix(found["startedAt"]),
        ended_at=_unix(found["endedAt"]),
        attempts=len(found["attempts"]),
        exit_status=found["exitStatus"],
        reason=found["reason"],
    )


def _unix(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
