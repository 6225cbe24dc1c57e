"""The whole system under faults: as a benchmark has it, set so that faults show."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from loadtest.bench.private import System, running_system

DATABASE = "tillstream"

#: Receipts that the door remembers: so few that most repetitions are met downstream.
REMEMBERED_RECEIPTS = 100


@contextmanager
def system_for_faults() -> Iterator[System]:
    """Every server and room, ready; ended and removed afterwards.

    To be entered from the main thread. Raises ServerNotReady.
    """
    environ = {
        "MONGO_DATABASE": DATABASE,
        "STORE_TIMEZONE": zone_far_from_midnight(time.time()),
        "BUSINESS_DAY_CUTOFF_HOUR": "0",
        "REMEMBERED_RECEIPTS": str(REMEMBERED_RECEIPTS),
        "API_KEYS": "off",
        "REFUSE_RULES": "",
    }
    with running_system(environ=environ) as system:
        yield system


def zone_far_from_midnight(now: float) -> str:
    """A time zone without summer time in which it is noon, so that no run sees a day end."""
    ahead = 12 - datetime.fromtimestamp(now, UTC).hour
    # The names have the sign that POSIX gives them: Etc/GMT-3 is three hours ahead.
    return f"Etc/GMT{-ahead:+d}"
