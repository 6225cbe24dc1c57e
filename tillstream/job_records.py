"""What the scheduler keeps in MongoDB, for whoever shows it: jobs, runs, states.

`jobs` has a document by job, `_id` its name: what is declared of it (`command`, `cron`, `zone`,
`limitSeconds`, `retries`, `enabled`), `place` in the file, `nextAt`, and `seenAt`, when the
scheduler last said that it lives. `job_runs` has a document by scheduled time, `_id` the job and
the time, and one by each run by hand; `job_leases` says who runs a job now.
"""

from datetime import datetime
from typing import TypedDict

from pymongo import DESCENDING
from pymongo.database import Database

from tillstream.archive import Document

JOBS = "jobs"
RUNS = "job_runs"
LEASES = "job_leases"

# States of a run, and of each attempt.
RUNNING = "running"
#: Between two attempts.
RETRYING = "retrying"
OK = "ok"
FAILED = "failed"
TIMED_OUT = "timed out"
#: Ended by a signal that is not ours.
KILLED = "killed"
#: Its scheduler ended, or lost the lease, before it did.
INTERRUPTED = "interrupted"
#: A missed time: a later one was run in its place.
SKIPPED = "skipped"

#: What needs somebody to look.
BAD = (FAILED, TIMED_OUT, KILLED)
UNDER_WAY = (RUNNING, RETRYING)

# Kinds of runs.
SCHEDULED = "scheduled"
#: Of a time that was missed.
MADE_UP = "made up"
BY_HAND = "by hand"

#: A scheduler says so often that it lives, and is gone when silent for so long, seconds.
BEAT_SECONDS, SILENT_SECONDS = 10.0, 60.0
QUERY_TIMEOUT_MS = 5_000


class AttemptDocument(TypedDict):
    """One process of a run; a negative status is the signal that ended it."""

    startedAt: datetime
    endedAt: datetime | None
    state: str
    exitStatus: int | None


class RunDocument(TypedDict):
    """A run in `job_runs`."""

    _id: str
    job: str
    #: The scheduled time; of a run by hand when it was asked for.
    at: datetime
    kind: str
    state: str
    startedAt: datetime | None
    endedAt: datetime | None
    #: The words after `python -m`.
    command: list[str]
    attempts: list[AttemptDocument]
    exitStatus: int | None
    #: The newest lines of output, oldest first, without secrets; `cut` lines were before them.
    lines: list[str]
    cut: int
    #: Why it ended so, where that is not said by the state.
    reason: str
    #: Names the process that runs it.
    holder: str


def failed(database: Database[Document]) -> list[str]:
    """Enabled jobs whose newest run that ended did not go well; raises PyMongoError."""
    found = []
    for job in database[JOBS].find({"enabled": True}, max_time_ms=QUERY_TIMEOUT_MS):
        newest = database[RUNS].find_one(
            {"job": job["_id"], "state": {"$in": [OK, *BAD]}},
            {"state": 1},
            sort=[("at", DESCENDING)],
            max_time_ms=QUERY_TIMEOUT_MS,
        )
        if newest is not None and newest["state"] in BAD:
            found.append(job["_id"])
    return sorted(found)
