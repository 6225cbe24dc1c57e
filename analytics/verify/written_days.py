"""Days as numbers: that which a till wrote, and the business days near it. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from tillstream.clock import AROUND

_NEAR = range(-AROUND.days, AROUND.days + 1)


def all_around(days: Iterable[int]) -> set[int]:
    """Days (ordinals), and those that their receipts may have in another calendar."""
    return {day + each for day in days for each in _NEAR}


def day_of(ordinal: int) -> date:
    """A day as a date; the first one of what is none."""
    return date.min + timedelta(days=max(ordinal, 1) - 1)
