"""Days as numbers: that which a till wrote, and the business days near it. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

#: Further than any zone and cutoff bring the day that a till writes away from its business day.
_AROUND = range(-2, 3)


def all_around(days: Iterable[int]) -> set[int]:
    """Days (ordinals), and those that their receipts may have in another calendar."""
    return {day + each for day in days for each in _AROUND}


def day_of(ordinal: int) -> date:
    """A day as a date; the first one of what is none."""
    return date.min + timedelta(days=max(ordinal, 1) - 1)
