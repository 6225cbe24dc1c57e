"""A query that begins anew where it ends by itself, behind what its writer has taken.

Nothing is asked of Spark's checkpoint for it, so that an executor that was killed, or that a busy
machine started more slowly than Spark's ten seconds, costs a pause and not the process.
"""

import random
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from spark.driver.micro_batches import SPARK_ERRORS, MicroBatches
from spark.errors import QueryEndedError

log = structlog.get_logger()

#: A query begins anew so often without a micro-batch in between.
ATTEMPTS = 10
#: Seconds before the first of them, at most; twice as long before each further one, up to eight.
WAIT_SECONDS = 1.0

R = TypeVar("R")


class LastingQuery(Generic[R]):
    """The results of queries, one after the other; closed at the end."""

    def __init__(self, name: str, begin: Callable[[], MicroBatches[R]]) -> None:
        """`begin` starts a query behind all that was taken; it is called by `take`."""
        self._name = name
        self._begin = begin
        self._query: MicroBatches[R] | None = None
        self._failures = 0
        self._begins_at = 0.0

    def take(self, patience_seconds: float) -> R | None:
        """The next result, after waiting for at most `patience_seconds`; None where none came.

        Raises QueryEndedError for a query that does not last.
        """
        wait = self._begins_at - time.monotonic()
        if self._query is None and wait > 0:
            time.sleep(min(wait, patience_seconds))
            return None
        try:
            self._query = self._query or self._begun()
            result = self._query.take(patience_seconds)
        except QueryEndedError as error:
            self.close()
            self._failures += 1
            if self._failures >= ATTEMPTS:
                raise
            log.warning("Spark's query ended, it begins anew", reason=error.reason)
            limit = WAIT_SECONDS * 2 ** min(self._failures, 4)
            self._begins_at = time.monotonic() + random.uniform(limit / 4, limit / 2)  # noqa: S311
            return None
        if result is not None:
            self._failures = 0
        return result

    def close(self) -> None:
        """End the query."""
        if self._query is not None:
            self._query.close()
            self._query = None

    def _begun(self) -> MicroBatches[R]:
        try:
            return self._begin()
        except SPARK_ERRORS as error:
            raise QueryEndedError(self._name, repr(error)) from error
