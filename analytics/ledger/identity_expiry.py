"""Drops identities that are past their time, by the days that the log has seen."""

from collections.abc import Collection
from datetime import date

import structlog

from analytics.ledger.ledger_file import Ledger
from analytics.ledger.log_days import LOG_DAY, LOG_DAY_SEEN, DaysOfLog, majority_day, unix_day
from tillstream.clock import Clock

log = structlog.get_logger()

#: Identities are kept for so many days after they were first seen, by default.
IDENTITY_DAYS = 400


class IdentityExpiry:
    """Works once a day of the log, in a transaction of its own."""

    def __init__(self, ledger: Ledger, clock: Clock, identity_days: int) -> None:
        self._ledger = ledger
        self._clock = clock
        self._identity_days = identity_days
        self._done_on: int | None = None

    def run(self, recent_days: Collection[int]) -> None:
        """Drop what is old by the days (ordinals) on which the newest receipts came."""
        seen = majority_day(recent_days)
        if seen is None:
            return
        seen = min(seen, unix_day(self._clock()))
        if seen == self._done_on:
            return
        self._done_on = seen
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
        dropped = self._ledger.forget_identities(days.certain() - self._identity_days)
        self._ledger.commit()
        if dropped:
            log.info("identities forgotten", count=dropped, older_than_days=self._identity_days)
