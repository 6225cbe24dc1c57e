"""One writer of the analytic archive at a time: a lease in MongoDB, which all writers share."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from tillstream.archive import Document
from tillstream.clock import Clock, utc
from tillstream.errors import TillstreamError

COLLECTION = "leases"
LEASE = "parquet"

#: A holder that is silent for longer, on another machine, has died. Longer than a day is sorted.
LEASE_SECONDS = 300


class ArchiveBusyError(TillstreamError):
    """Somebody else writes the analytic archive; `holder` is its machine and process."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"process {holder} writes the analytic archive; try again when it is done"
            f" (a process that died on another machine is forgotten after {LEASE_SECONDS} s)"
        )


class LeaseLostError(TillstreamError):
    """The lease ran out and another writer took it; nothing of ours counts from here."""


class Holder(NamedTuple):
    """A process."""

    host: str
    pid: int

    def is_gone(self) -> bool:
        """Surely so: only our own machine's processes can be looked up."""
        if self.host != socket.gethostname():
            return False
        # A container's process number is always the same: an earlier one of ours is gone.
        return self.pid == os.getpid() or not _runs(self.pid)


class Lease:
    """The lease while it is held."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._leases = database[COLLECTION]
        self._clock = clock
        self._me = Holder(socket.gethostname(), os.getpid())

    def take(self) -> None:
        """Hold it from now on; raises ArchiveBusyError."""
        holder = self._holder()
        free: list[dict[str, Any]] = [{"until": {"$lt": utc(self._clock())}}]
        if holder is not None and holder.is_gone():
            free.append({"holder": holder._asdict()})
        try:
            self._leases.update_one(
                {"_id": LEASE, "$or": free}, {"$set": self._ours()}, upsert=True
            )
        except DuplicateKeyError:
            busy = self._holder()
            raise ArchiveBusyError(f"{busy.pid} of {busy.host}" if busy else "unknown") from None

    def renew(self) -> None:
        """Hold it for longer; raises LeaseLostError."""
        mine = {"_id": LEASE, "holder": self._me._asdict()}
        if not self._leases.update_one(mine, {"$set": self._ours()}).matched_count:
            raise LeaseLostError("another process took over the writing; run it again")

    def give_back(self) -> None:
        """For the next one."""
        self._leases.delete_one({"_id": LEASE, "holder": self._me._asdict()})

    def _holder(self) -> Holder | None:
        found = self._leases.find_one({"_id": LEASE})
        return Holder(**found["holder"]) if found else None

    def _ours(self) -> Document:
        until = utc(self._clock()) + timedelta(seconds=LEASE_SECONDS)
        return {"holder": self._me._asdict(), "until": until}


@contextmanager
def held(database: Database[Document], clock: Clock) -> Iterator[Lease]:
    """The lease for the time of a block; raises ArchiveBusyError."""
    lease = Lease(database, clock)
    lease.take()
    try:
        yield lease
    finally:
        lease.give_back()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
