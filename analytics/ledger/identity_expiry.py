"""Closes the identities of days that are over, and drops those of days that are long over.

By the days that the log has seen: a clock that is ahead closes and drops nothing.
"""

from collections.abc import Collection
from datetime import date

import structlog

from analytics.ledger.ledger_file import Ledger
from tillstream.clock import Clock
from tillstream.log.log_days import (
    LOG_DAY,
    LOG_DAY_SEEN,
    OPEN_DAYS,
    DaysOfLog,
    majority_day,
    unix_day,
)

log = structlog.get_logger()

#: Identities of a day are kept for so many days after it, and after the last one came, by default.
IDENTITY_DAYS = 400


class IdentityExpiry:
    """Works in transactions of its own, each a fraction of a second."""

    def __init__(self, ledger: Ledger, clock: Clock, identity_days: int) -> None:
        self._ledger = ledger
        self._clock = clock
        self._identity_days = identity_days
        self._dropped_on: int | None = None
        #: The day that is being closed.
        self._closing: int | None = None

    def run(self, recent_days: Collection[int]) -> None:
        """Go on with what is due by the days (ordinals) on which the newest receipts came."""
        seen = majority_day(recent_days)
        if seen is None:
            return
        seen = min(seen, unix_day(self._clock()))
        if seen != self._dropped_on:
            self._dropped_on = seen
            self._drop(seen)
        else:
            self._close_some(seen)

    def _drop(self, seen: int) -> None:
        before = DaysOfLog(self._ledger.fact(LOG_DAY), self._ledger.fact(LOG_DAY_SEEN))
        days = before.advanced(seen)
        if days.is_refused():
            log.warning(
                "the clock or the log has jumped by days: identities are kept",
                log_day=date.fromordinal(before.day or seen).isoformat(),
                now=date.fromordinal(seen).isoformat(),
            )
        self._ledger.begin()
        self._ledger.write_fact(LOG_DAY, days.day or seen)
        self._ledger.write_fact(LOG_DAY_SEEN, seen)
        dropped = self._ledger.identities.drop(days.certain() - self._identity_days)
        self._ledger.commit()
        if dropped:
            log.info("identities forgotten", count=dropped, older_than_days=self._identity_days)

    def _close_some(self, seen: int) -> None:
        """One part of one day: the worker counts on in between."""
        identities = self._ledger.identities
        if self._closing is None:
            self._closing = identities.to_close(seen - OPEN_DAYS + 1)
        if self._closing is not None:
            self._ledger.begin()
            went_on = identities.close_part(self._closing)
            self._ledger.commit()
            if not went_on:
                self._closing = None
