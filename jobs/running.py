"""A run from its first attempt to its end: retries with backoff, each attempt written down."""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from jobs import child
from jobs.command_words import filled
from jobs.definition import Job
from jobs.ended import Ended
from jobs.lease import Lease, LeaseLostError
from jobs.run_book import RunBook
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.runtime import retry

log = structlog.get_logger()

#: Longest wait between two attempts, and between two looks at the lease meanwhile, seconds.
MOST_BACKOFF_SECONDS, LOOK_SECONDS = 3_600.0, 1.0
_jitter = random.Random()  # noqa: S311 - waits, no secrets

#: Arguments as those of `child.run`.
Launch = Callable[..., Ended]


class Running:
    """Runs commands; safe to call from several threads, each with another job."""

    def __init__(
        self,
        book: RunBook,
        data_dir: Path,
        stop: threading.Event,
        launch: Launch = child.run,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._book = book
        self._data_dir = data_dir
        self._stop = stop
        self._launch = launch
        self._environ = environ

    def run(self, job: Job, run: Document, lease: Lease) -> Ended:
        """Every attempt of a run that was begun; returns how the last one ended."""
        words = filled(job.command, run["at"].astimezone(job.zone), self._data_dir)
        first = len(run["attempts"])
        for attempt in range(job.retries + 1):
            number = first + attempt
            ended = self._attempt(job, run, lease, words, number)
            again = ended.state in records.BAD and attempt < job.retries
            self._end(run, number, ended, records.RETRYING if again else ended.state)
            if again and not self._pause(job, lease, attempt):
                self._end(run, number, ended, records.INTERRUPTED)
                return ended._replace(state=records.INTERRUPTED)
            if not again:
                break
        return ended

    def _end(self, run: Document, number: int, ended: Ended, state: str) -> None:
        self._surely(lambda: self._book.end_attempt(run, number, ended, state))
        about = {"run": run["_id"], "state": ended.state, "status": ended.exit_status}
        if state == records.OK:
            log.info("a run has ended", **about)
        elif state in (records.RETRYING, records.INTERRUPTED):
            log.warning("a run is begun again", **about, reason=ended.reason)
        else:
            log.error("a run has failed", **about, reason=ended.reason)

    def _attempt(
        self, job: Job, run: Document, lease: Lease, words: list[str], number: int
    ) -> Ended:
        self._surely(lambda: self._book.begin_attempt(run, number))
        try:
            lease.keep()
            return self._launch(words, self._environ, job.limit_seconds, lease.keep, self._stop)
        except LeaseLostError as lost:
            return Ended(records.INTERRUPTED, None, [], reason=str(lost))
        except OSError as error:
            return Ended(records.FAILED, None, [], reason=f"it could not be started: {error}")

    def _pause(self, job: Job, lease: Lease, attempt: int) -> bool:
        """Wait before the next attempt; False when there is to be none here."""
        most = min(job.backoff_seconds * 2**attempt, MOST_BACKOFF_SECONDS)
        until = time.monotonic() + most * _jitter.uniform(0.5, 1)
        try:
            while (left := until - time.monotonic()) > 0:
                if self._stop.wait(min(left, LOOK_SECONDS)):
                    return False
                lease.keep()
        except LeaseLostError:
            return False
        return True

    def _surely(self, write: Callable[[], Any]) -> None:
        retry.until_stopped(write, PyMongoError, self._stop, _away)


def _away(error: BaseException) -> None:
    log.warning("MongoDB is away", error=type(error).__name__)
