"""Keys as they were before they began with their day: `store/till/number/date`, `store/uuid/...`.

Clients have kept them, seals hold them for good, and older documents and files have them.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from tillstream.clock import AROUND

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
#: A key of today, for whatever regular expressions; a text of a till in a key has no `:`.
TODAYS_KEY = rf"^{_DAY}(?:[ T][0-9]{{2}}:|/[^/]*/uuid/[0-9a-f]{{32}}$)"
#: What a key of today, or a conflict's, begins with.
begins_as_today = re.compile(
    rf"{_DAY}(?:[ T][0-9]{{2}}:|/[^/]*/uuid/[0-9a-f](?=[0-9a-f]{{31}}(?:#|$)))"
).match

_by_date = re.compile(r"([0-9]{4}-[^/]*:[^/]*)/([^/]+/[^/]+/[^/]+)").fullmatch
_by_day = re.compile(r"[0-9-]{10}/([^/]+/uuid/[0-9a-f]{32})").fullmatch
_earlier_by_date = re.compile(r"([^/]+/[^/]+/[^/]+)/([0-9]{4}-[^/]*:[^/]*)").fullmatch
_earlier_by_uuid = re.compile(r"[^/]+/uuid/[0-9a-f]{32}").fullmatch

#: Days of a till near a business day.
_NEAR = range(-AROUND.days, AROUND.days + 1)


def earlier_key(key: str) -> str:
    """A key of today as it was before; any other text as it is."""
    if (found := _by_date(key)) is not None:
        return f"{found[2]}/{found[1]}"
    return key if (found := _by_day(key)) is None else found[1]


def todays_key(key: str) -> str:
    """An earlier key with its date as it is now; any other text as it is, a UUID's key too."""
    found = _earlier_by_date(key)
    return key if found is None else f"{found[2]}/{found[1]}"


def names_no_day(key: str) -> bool:
    """Whether it is an earlier key of a client's UUID."""
    return _earlier_by_uuid(key) is not None


def keys_of_days(key: str, business_days: Iterable[str]) -> list[str]:
    """The keys of today that an earlier key of a UUID may be, of receipts of these days."""
    written: set[str] = set()
    for text in business_days:
        try:
            day = date.fromisoformat(text)
            written.update((day + timedelta(days=each)).isoformat() for each in _NEAR)
        except (ValueError, OverflowError):
            continue  # altered: no receipt was sold on it
    return [f"{each}/{key}" for each in sorted(written)]
