"""A job runs in one process at a time: a lease in MongoDB, by the server's clock.

Whoever dies with it blocks the job for LEASE_SECONDS at most; whoever cannot renew it ends the run
before that.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.job_records import LEASES

log = structlog.get_logger()

#: From a renewal until others may have it, to the next renewal, and after one that failed, seconds.
LEASE_SECONDS, RENEW_SECONDS, AGAIN_SECONDS = 60.0, 10.0, 2.0
#: Without a renewal for so long the run is ended, with time left for that.
LOST_SECONDS = 45.0
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class JobBusyError(TillstreamError):
    """Another process runs the job, or ran it until less than LEASE_SECONDS ago."""

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(
            f"{job} is run by another process; see `tillstream jobs history {job}`"
            f" (one that died is forgotten after {LEASE_SECONDS:.0f} s)"
        )


class LeaseLostError(TillstreamError):
    """The lease could not be renewed in time, or somebody else has it."""


class Lease:
    """The lease of a job while it is held."""

    def __init__(
        self, database: Database[Document], job: str, holder: str, monotonic: Clock = time.monotonic
    ) -> None:
        self._leases = database[LEASES]
        self._job = job
        self._holder = holder
        self._monotonic = monotonic
        self._renewed = self._tried = monotonic()

    def take(self) -> bool:
        """Hold it from now on: True. Raises JobBusyError, PyMongoError."""
        self._renewed = self._tried = self._monotonic()
        free = {"$setOnInsert": {"holder": None, "until": _NEVER}}
        self._leases.update_one({"_id": self._job}, free, upsert=True)
        mine = {"$eq": ["$holder", self._holder]}
        over = {"$lt": ["$until", "$$NOW"]}
        may = {"_id": self._job, "$expr": {"$or": [mine, over]}}
        if not self._leases.update_one(may, self._until()).matched_count:
            raise JobBusyError(self._job)
        return True

    def keep(self) -> None:
        """Renew it when that is due; raises LeaseLostError."""
        now = self._monotonic()
        due = RENEW_SECONDS if self._tried == self._renewed else AGAIN_SECONDS
        if now - self._tried >= due:
            self._renew(now)
        if now - self._renewed > LOST_SECONDS:
            raise LeaseLostError(f"MongoDB was away for {LOST_SECONDS:.0f} s")

    def give_back(self) -> None:
        """For the next one; without MongoDB it ends by itself."""
        mine = {"_id": self._job, "holder": self._holder}
        try:
            self._leases.update_one(mine, {"$set": {"holder": None, "until": _NEVER}})
        except PyMongoError as error:
            log.warning("a lease ends by itself", job=self._job, error=type(error).__name__)

    def _renew(self, now: float) -> None:
        self._tried = now
        mine = {"_id": self._job, "holder": self._holder}
        try:
            held = self._leases.update_one(mine, self._until()).matched_count
        except PyMongoError as error:
            log.warning("a lease could not be renewed", job=self._job, error=type(error).__name__)
            return
        if not held:
            raise LeaseLostError("another process has taken the job over")
        self._renewed = now

    def _until(self) -> list[Document]:
        until = {"$add": ["$$NOW", round(LEASE_SECONDS * 1000)]}
        return [{"$set": {"holder": self._holder, "until": until}}]


@contextmanager
def held(database: Database[Document], job: str, holder: str) -> Iterator[Lease]:
    """The lease for the time of a block; raises JobBusyError, PyMongoError."""
    lease = Lease(database, job, holder)
    lease.take()
    try:
        yield lease
    finally:
        lease.give_back()
