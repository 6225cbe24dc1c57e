"""Looks which currencies the days of the last year have figures in, so that they can be chosen."""

import threading
from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from tillstream.currencies import CODES
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import DAY_FIGURES, totals_id

log = structlog.get_logger()

#: Days that are looked at when it begins, and later: what is new comes with its snapshots, too.
YEAR_DAYS, LATELY_DAYS = 366, 8
#: How often, and the wait after a failure, seconds.
LOOK_SECONDS, RETRY_SECONDS = 60.0, 2.0
#: Identities that are asked for at a time, and the longest wait for an answer, ms.
AT_A_TIME = 5_000
QUERY_TIMEOUT_MS = 2_000


class KnownCurrencies:
    """Tells what it finds; an archive that is away is asked again."""

    def __init__(
        self,
        database: Any,
        today: Callable[[], date],
        know: Callable[[Collection[str]], None],
        stop: threading.Event,
    ) -> None:
        """`database`: pymongo's, synchronous; `know` hears of the currencies that were found."""
        self._documents = database[DAY_FIGURES]
        self._today = today
        self._know = know
        self._stop = stop

    def run(self) -> None:
        """Look until `stop`."""
        days, wait = YEAR_DAYS, 0.0
        while not self._stop.wait(wait):
            try:
                self._know(self.find(days))
                days, wait = LATELY_DAYS, LOOK_SECONDS
            except PyMongoError as error:
                log.warning("currencies not read, trying again", error=str(error)[:200])
                wait = RETRY_SECONDS

    def find(self, days: int) -> set[str]:
        """The currencies of so many days up to today; raises pymongo's errors.

        Only the index of identities is read: each day has one for each of its currencies.
        """
        today = self._today()
        ids = {
            totals_id(str(CurrencyDay(today - timedelta(days=back), code))): code
            for back in range(days)
            for code in CODES
        }
        names, found = list(ids), set()
        for begin in range(0, len(names), AT_A_TIME):
            some = {"_id": {"$in": names[begin : begin + AT_A_TIME]}}
            every = self._documents.find(some, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
            found |= {ids[each["_id"]] for each in every}
        return found
