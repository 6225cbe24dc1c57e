"""What MongoDB has of each job: what is declared, since when, when it comes next."""

from collections.abc import Mapping, Sequence

from pymongo import UpdateOne
from pymongo.database import Database

from jobs.definition import Job
from tillstream.archive import Document
from tillstream.clock import utc
from tillstream.job_records import JOBS


class JobList:
    """The collection `jobs`, as the scheduler writes it; raises PyMongoError."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs = database[JOBS]

    def declare(self, jobs: Sequence[Job], now: float) -> dict[str, float]:
        """Write what is declared; returns since when, Unix seconds, each job has its times.

        Times before a job was new, was enabled or got other times are not missed ones.
        """
        there = {each["_id"]: each for each in self._jobs.find()}
        since: dict[str, float] = {}
        for place, job in enumerate(jobs):
            before = there.get(job.name, {})
            same = (before.get("cron"), before.get("zone")) == (job.cron, job.zone.key)
            known = same and before.get("enabled") and "since" in before
            # A clock that was ahead must not hide the times until then.
            since[job.name] = min(before["since"].timestamp(), now) if known else now
            declared = {
                "place": place,
                "command": list(job.command),
                "cron": job.cron,
                "zone": job.zone.key,
                "limitSeconds": job.limit_seconds,
                "retries": job.retries,
                "enabled": job.enabled,
                "since": utc(since[job.name]),
            }
            self._jobs.update_one({"_id": job.name}, {"$set": declared}, upsert=True)
        self._jobs.delete_many({"_id": {"$nin": [job.name for job in jobs]}})
        return since

    def beat(self, jobs: Sequence[Job], next_at: Mapping[str, float], now: float) -> None:
        """The scheduler lives, and these are the next times; a job without one is disabled."""
        changes = []
        for job in jobs:
            at = next_at.get(job.name)
            told = {"seenAt": utc(now), "nextAt": None if at is None else utc(at)}
            changes.append(UpdateOne({"_id": job.name}, {"$set": told}))
        if changes:
            self._jobs.bulk_write(changes, ordered=False)
