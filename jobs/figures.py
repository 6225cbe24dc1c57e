"""What the scheduler tells Prometheus: each job's runs, its last end, whether it is overdue."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry
from pymongo import DESCENDING
from pymongo.database import Database

from jobs.definition import Job
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.runtime.watching.figures import Measured, measured


class JobFigures:
    """Of the jobs that are declared, and no others."""

    def __init__(
        self, registry: CollectorRegistry, overdue: Callable[[], Mapping[str, float | None]]
    ) -> None:
        """`overdue`: by job, for how long its time has passed and it was not begun, seconds."""
        self._runs: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._ended_at: dict[str, float] = {}
        self._failed: dict[str, bool] = {}
        measured(
            registry,
            Measured(
                "tillstream_job_runs_total", "Runs that ended", lambda: dict(self._runs), "job"
            ),
            Measured(
                "tillstream_job_failures_total",
                "Runs that did not go well",
                lambda: dict(self._failures),
                "job",
            ),
            Measured(
                "tillstream_job_last_end_timestamp_seconds",
                "When the newest run ended",
                lambda: dict(self._ended_at),
                "job",
            ),
            Measured(
                "tillstream_job_failed",
                "1 when the newest run that ended did not go well",
                lambda: dict(self._failed),
                "job",
            ),
            Measured(
                "tillstream_job_overdue_seconds",
                "For how long a job should have begun and has not",
                overdue,
                "job",
            ),
        )

    def load(self, jobs: Sequence[Job], database: Database[Document]) -> None:
        """How the newest runs ended before this process began; raises PyMongoError."""
        for job in jobs:
            self._runs[job.name] += 0
            self._failures[job.name] += 0
            newest = database[records.RUNS].find_one(
                {"job": job.name, "state": {"$in": [records.OK, *records.BAD]}},
                sort=[("at", DESCENDING)],
                max_time_ms=records.QUERY_TIMEOUT_MS,
            )
            if newest is not None and newest["endedAt"] is not None:
                self._note(job.name, newest["state"], newest["endedAt"].timestamp())

    def ended(self, job: str, state: str, at: float) -> None:
        """A run ended, at Unix seconds."""
        self._runs[job] += 1
        self._failures[job] += state in records.BAD
        self._note(job, state, at)

    def _note(self, job: str, state: str, at: float) -> None:
        if state == records.OK or state in records.BAD:
            self._failed[job] = state in records.BAD
            self._ended_at[job] = at
