"""The runs in MongoDB: which time is due, and how each ended. Called with the job's lease held.

The critical sequence, of `take_up`:

1. runs that are still under way are told as interrupted: their process has ended, or it would have
   the lease;
2. of the times since the newest that is written, all but the newest are written as skipped;
3. that one is inserted as running: its `_id` is job and time, so it is there once;
4. where no time is due, the newest is run again if it was interrupted.

Killed after any of them, the next process finds what is left by the same rules.
"""

from collections import deque
from datetime import timedelta

import structlog
from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from jobs.definition import Job
from jobs.ended import Ended
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.bulk_write import places_taken
from tillstream.clock import Clock, utc
from tillstream.job_records import AttemptDocument, RunDocument

log = structlog.get_logger()

#: Missed times further back are not made up, and so many of the others are written.
MAKE_UP_DAYS, MOST_SKIPPED = 35, 100
#: A run that is later than this is one of a missed time, seconds.
LATE_SECONDS = 60.0
#: A run that was interrupted so often is not begun again: it may be what ends the scheduler.
MOST_INTERRUPTIONS = 3
HISTORY_DAYS = 400


class RunBook:
    """The runs of all jobs, as one process sees them; raises PyMongoError."""

    def __init__(self, database: Database[Document], holder: str, clock: Clock) -> None:
        self._runs = database[records.RUNS]
        self._holder = holder
        self._clock = clock

    def prepare(self) -> None:
        """The index by job and time."""
        self._runs.create_index([("job", ASCENDING), ("at", DESCENDING)])
        self._runs.create_index([("at", ASCENDING)])

    def prune(self) -> int:
        """Remove what is older than HISTORY_DAYS; returns how many runs."""
        before = utc(self._clock()) - timedelta(days=HISTORY_DAYS)
        return self._runs.delete_many({"at": {"$lt": before}}).deleted_count

    def take_up(self, job: Job, since: float) -> Document | None:
        """The run that is due now, begun; None when none is.

        Times up to `since`, Unix seconds, are none of the job's.
        """
        now = self._clock()
        # 1. interrupted
        self.tell_interrupted(job.name)
        newest = self._newest(job.name, now)
        known = since if newest is None else max(since, newest["at"].timestamp())
        missed = deque[float](maxlen=MOST_SKIPPED + 1)
        number = 0
        for at in job.times(max(known, now - MAKE_UP_DAYS * 86_400)):
            if at > now:
                break
            missed.append(at)
            number += 1
        if missed:
            # 2. skipped
            due = missed.pop()
            self._skip(job, list(missed), number - 1 - len(missed))
            # 3. inserted
            return self._begin(job, due, now)
        # 4. again
        if newest is not None and self._may_go_on(newest):
            return self._again(newest)
        return None

    def begin_by_hand(self, job: Job) -> Document:
        """A run that somebody asked for."""
        now = self._clock()
        self.tell_interrupted(job.name)
        made = self._run(job, now, records.BY_HAND)
        made["_id"] = f"{job.name}/{utc(now):%Y-%m-%dT%H:%M:%S.%fZ}/hand"
        self._runs.insert_one(dict(made))
        return dict(made)

    def begin_attempt(self, run: Document, number: int) -> None:
        """Process `number` of the run, from 0, starts now."""
        begun = AttemptDocument(
            startedAt=utc(self._clock()), endedAt=None, state=records.RUNNING, exitStatus=None
        )
        self._change(run, {"state": records.RUNNING, f"attempts.{number}": dict(begun)})

    def end_attempt(self, run: Document, number: int, ended: Ended, state: str) -> None:
        """How that process ended; `state` is that of the run now."""
        now = utc(self._clock())
        attempt = f"attempts.{number}"
        change = {
            "state": state,
            "endedAt": None if state in records.UNDER_WAY else now,
            "exitStatus": ended.exit_status,
            "lines": ended.lines,
            "cut": ended.cut,
            "reason": ended.reason,
            f"{attempt}.state": ended.state,
            f"{attempt}.endedAt": now,
            f"{attempt}.exitStatus": ended.exit_status,
        }
        self._change(run, change)

    def tell_interrupted(self, job: str) -> None:
        """Runs under way whose process is gone: whoever calls has their lease."""
        now = utc(self._clock())
        for run in self._runs.find({"job": job, "state": {"$in": list(records.UNDER_WAY)}}):
            attempts = run["attempts"]
            if attempts and attempts[-1]["endedAt"] is None:
                attempts[-1] |= {"state": records.INTERRUPTED, "endedAt": now}
            reason = "the process that ran it ended before it did"
            told = {"state": records.INTERRUPTED, "endedAt": now, "reason": reason}
            self._runs.update_one({"_id": run["_id"]}, {"$set": told | {"attempts": attempts}})
            log.warning("a run was interrupted", run=run["_id"])

    def _newest(self, job: str, now: float) -> Document | None:
        """The newest scheduled run that is not of the future: the clock may have been ahead."""
        found = {"job": job, "kind": {"$ne": records.BY_HAND}, "at": {"$lte": utc(now)}}
        return self._runs.find_one(found, sort=[("at", DESCENDING)])

    def _skip(self, job: Job, missed: list[float], more: int) -> None:
        skipped = [self._run(job, at, records.SCHEDULED) for at in missed]
        for run in skipped:
            run["state"] = records.SKIPPED
            run["startedAt"], run["attempts"] = None, []
            run["reason"] = "missed; a later time was run in its place"
        if skipped and more:
            skipped[0]["reason"] += f", as {more} before it"
        if not skipped:
            return
        try:
            self._runs.insert_many([dict(run) for run in skipped], ordered=False)
        except BulkWriteError as error:
            # One that is there was run, or skipped, before the clock was set back.
            places_taken(error)

    def _begin(self, job: Job, at: float, now: float) -> Document | None:
        kind = records.SCHEDULED if now - at <= LATE_SECONDS else records.MADE_UP
        run = dict(self._run(job, at, kind))
        try:
            self._runs.insert_one(run)
        except DuplicateKeyError:
            return None
        return run

    def _may_go_on(self, run: Document) -> bool:
        interrupted = sum(each["state"] == records.INTERRUPTED for each in run["attempts"])
        return bool(run["state"] == records.INTERRUPTED and interrupted < MOST_INTERRUPTIONS)

    def _again(self, run: Document) -> Document:
        begun = {
            "state": records.RUNNING,
            "kind": records.MADE_UP,
            "endedAt": None,
            "holder": self._holder,
        }
        self._runs.update_one({"_id": run["_id"]}, {"$set": begun})
        return run | begun

    def _change(self, run: Document, values: Document) -> None:
        mine = {"_id": run["_id"], "holder": self._holder}
        if not self._runs.update_one(mine, {"$set": values}).matched_count:
            log.error("a run was taken over by another process", run=run["_id"])

    def _run(self, job: Job, at: float, kind: str) -> RunDocument:
        return RunDocument(
            _id=f"{job.name}/{utc(at):%Y-%m-%dT%H:%M:%SZ}",
            job=job.name,
            at=utc(at),
            kind=kind,
            state=records.RUNNING,
            startedAt=utc(self._clock()),
            endedAt=None,
            command=list(job.command),
            attempts=[],
            exitStatus=None,
            lines=[],
            cut=0,
            reason="",
            holder=self._holder,
        )
