"""The calendar that a ledger's figures are made with, as one text. Pure."""

from hashlib import blake2b

from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable


def described(stores: StoreTable) -> str:
    """The chain's zone and cutoff, and which stores keep another one; equal texts, equal days."""
    text = _calendar(stores.default)
    exceptions = [
        f"{store}={_calendar(calendar)}"
        for store, calendar in sorted(stores.exceptions.items())
        if _calendar(calendar) != text
    ]
    if exceptions:
        digest = blake2b("\n".join(exceptions).encode(), digest_size=6).hexdigest()
        text += f" and a table of {len(exceptions)} other stores ({digest})"
    return text


def _calendar(calendar: BusinessDay) -> str:
    return f"{calendar.zone} from {calendar.cutoff_hour}:00"
