"""Writes events to the archive inside the events worker: a file a minute and stream.

Files are made by one thread, so that counting goes on. Memory is bounded: when files cannot be
written as fast as events come, `add` waits, and in the end raises ArchiveAwayError; the worker then
starts anew from the first offset that is not durable.
"""

import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDoneError
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import structlog

from events.archive.changing import ArchiveChanges
from events.archive.encoding import batches, write
from events.archive.pending import PendingFile, day_after, largest
from events.archive.pseudonyms import Pseudonyms
from events.archive.tidying import join_days, remove_old
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.log.reader import StoppedError
from tillstream.streams import archived_columns
from tillstream.streams.definition import Definitions
from tillstream.streams.events_manifest import EventsFile, file_name

log = structlog.get_logger()

#: Events in memory, of all streams, bytes: those that wait for their minute's end, and those that
#: are being written.
PENDING_BYTES = 96 * 1024 * 1024
WRITING_BYTES = 64 * 1024 * 1024
#: Between two tries to write a file that could not be written, and the longest wait, seconds.
RETRY_SECONDS = 1.0
AWAY_SECONDS = 20.0
#: Between two looks at whether days can be joined or removed, seconds.
TIDY_SECONDS = 600.0
#: When the worker ends, seconds.
CLOSE_SECONDS = 5.0


class ArchiveAwayError(TillstreamError):
    """The archive cannot be written; what was not is read again from the log."""


class _HeldBackError(TillstreamError):
    """A file before this one could not be written: files go in the order of the log."""


class _Job(NamedTuple):
    stream: str
    pending: PendingFile
    done: "Future[None]"


class ArchiveWriter:
    """An EventsArchive. All but the making of files runs in the caller's thread."""

    def __init__(
        self, archive_url: str, data_dir: Path, definitions: Definitions, clock: Clock = time.time
    ) -> None:
        self._clock = clock
        self._changes = {
            name: ArchiveChanges(archive_url, data_dir, stream)
            for name, stream in definitions.events.items()
        }
        self._pseudonyms = Pseudonyms(data_dir)
        self._pending: dict[str, PendingFile] = {}
        manifests = {name: changes.prepare() for name, changes in self._changes.items()}
        #: Of each stream: what is before this offset is written, or on its way.
        self._taken_to = {name: one.next_offset for name, one in manifests.items()}
        self._day = {name: one.files[-1].day for name, one in manifests.items() if one.files}
        self._jobs: deque[_Job] = deque()
        self._thread = ThreadPoolExecutor(1, "events-archive")
        self._retry_at = 0.0
        #: Set by the thread when a file fails, until it and those after it are tried again.
        self._held_back = False
        self._tidied_at = clock()
        self._tidying: Future[None] | None = None
        #: Joining days ends at once when a file is to be written.
        self._wanted = threading.Event()

    def add(
        self,
        stream: str,
        offset: int,
        received_us: int,
        events: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
    ) -> None:
        """Take the events of one message; raises ArchiveAwayError."""
        if offset < self._taken_to[stream] or not len(rows):
            return
        if (pending := self._pending.get(stream)) is not None and pending.is_over(received_us):
            self._write(stream)
            pending = None
        now = self._clock()
        if pending is None:
            self._day[stream] = day_after(self._day.get(stream), received_us)
            pending = PendingFile(self._day[stream], received_us // 60_000_000, now)
            self._pending[stream] = pending
        pending.add(offset, received_us, events, rows, now)
        self._taken_to[stream] = offset + 1
        if pending.is_full():
            self._write(stream)
        while sum(one.bytes for one in self._pending.values()) > PENDING_BYTES:
            most = largest(list(self._pending.values()))
            self._write(next(name for name, one in self._pending.items() if one is most))

    def write_due(self, now: float) -> None:
        """Write what is due at `now`, Unix seconds."""
        self._settle(now)
        if self._tidying is not None and self._tidying.done():
            # Raises what nobody expected: the worker ends, and is started again.
            self._tidying.result()
            self._tidying = None
        for stream in [name for name, one in self._pending.items() if one.is_due(now)]:
            self._write(stream)
        if not self._jobs and self._tidying is None and now - self._tidied_at >= TIDY_SECONDS:
            self._tidied_at = now
            self._wanted.clear()
            self._tidying = self._thread.submit(self._tidy, now)

    def oldest_pending(self) -> int | None:
        """The smallest offset that was taken and is not durable yet; None when all is."""
        self._settle(self._clock())
        offsets = [one.first for one in self._pending.values()]
        offsets += [job.pending.first for job in self._jobs]
        return min(offsets, default=None)

    def close(self) -> None:
        """Write what can be written quickly; the rest is read again from the log."""
        deadline = time.monotonic() + CLOSE_SECONDS
        for stream in list(self._pending):
            self._start(stream, self._pending.pop(stream))
        for job in self._jobs:
            try:
                job.done.result(max(0.0, deadline - time.monotonic()))
            except (NotDoneError, TillstreamError, OSError, pa.ArrowException) as error:
                log.warning("not archived; it is read again", stream=job.stream, reason=str(error))
                break
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _write(self, stream: str) -> None:
        pending = self._pending.pop(stream)
        deadline = time.monotonic() + AWAY_SECONDS
        while self._jobs and sum(job.pending.bytes for job in self._jobs) > (
            WRITING_BYTES - pending.bytes
        ):
            if time.monotonic() > deadline:
                raise ArchiveAwayError(
                    f"the archive of {self._jobs[0].stream} could not be written for"
                    f" {AWAY_SECONDS:.0f} s; counting goes on from the log once it can"
                )
            self._wait()
        self._start(stream, pending)

    def _start(self, stream: str, pending: PendingFile) -> None:
        self._wanted.set()
        done = self._thread.submit(self._made, stream, pending)
        self._jobs.append(_Job(stream, pending, done))

    def _wait(self) -> None:
        """Wait a moment for the oldest file."""
        try:
            self._jobs[0].done.exception(RETRY_SECONDS)
        except NotDoneError:
            return
        if self._settle(self._clock()):
            time.sleep(RETRY_SECONDS / 4)

    def _settle(self, now: float) -> bool:
        """Forget files that are written, and try again those that failed; whether any did."""
        while self._jobs and self._jobs[0].done.done():
            job = self._jobs[0]
            error = job.done.exception()
            if error is None:
                self._jobs.popleft()
                continue
            if not isinstance(error, TillstreamError | OSError | pa.ArrowException):
                raise error
            if now >= self._retry_at:
                log.error("events could not be archived", stream=job.stream, reason=str(error))
                self._retry_at = now + RETRY_SECONDS
                again, self._jobs = self._jobs, deque()
                for one in again:
                    if not one.done.cancel():
                        # It runs, and finds that it is held back; or it has ended.
                        one.done.exception(AWAY_SECONDS)
                self._held_back = False
                for one in again:
                    self._start(one.stream, one.pending)
            return True
        return False

    def _tidy(self, now: float) -> None:
        for name, changes in self._changes.items():
            try:
                remove_old(changes, now)
                join_days(changes, now, self._wanted.is_set)
            except StoppedError:
                return
            except (TillstreamError, OSError, pa.ArrowException) as error:
                log.warning("days could not be joined", stream=name, reason=str(error))

    def _made(self, stream: str, pending: PendingFile) -> None:
        if self._held_back:
            raise _HeldBackError("a file before this one could not be written")
        try:
            self._make(stream, pending)
        except BaseException:
            self._held_back = True
            raise

    def _make(self, stream: str, pending: PendingFile) -> None:
        changes = self._changes[stream]
        declared = changes.stream
        is_written = False
        while not is_written:
            erased = changes.files.manifest().erased
            parts = self._pseudonyms.applied(erased, batches(declared, pending.taken))
            with changes.files.file_to_write() as path:
                schema = archived_columns.schema(declared)
                written = write(path, schema, declared.time_column, parts)
                file = EventsFile(
                    file=file_name(pending.day, pending.first, pending.last),
                    day=pending.day,
                    first=pending.first,
                    last=pending.last,
                    version=declared.version,
                    **written._asdict(),
                )
                is_written = changes.append(path, file, erased)
