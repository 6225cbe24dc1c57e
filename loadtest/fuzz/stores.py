"""The stores of the fuzz: odd names, calendars of every kind, and the days that they sell on.

The days are few: each has a file of its own in the analytic archive.
"""

from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Of the chain: what a store keeps that the table does not name.
ZONE, CUTOFF_HOUR = "Europe/Paris", 4


class Store(NamedTuple):
    """A store as the receipts name it, and its calendar."""

    name: str | int
    zone: str = ZONE
    cutoff_hour: int = CUTOFF_HOUR
    #: Whether the table names it.
    listed: bool = False

    @property
    def info(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)


STORES = (
    Store(1),
    Store(2**63 - 1),
    Store(0),
    Store("NY", "America/New_York", 3, listed=True),
    Store("KI", "Pacific/Kiritimati", 23, listed=True),
    Store("30", "America/St_Johns", 0, listed=True),
    Store("Apia", "Pacific/Apia", 4, listed=True),
    Store("Lisboa", "Europe/Lisbon", 23, listed=True),
    Store("Lord Howe", "Australia/Lord_Howe", 2, listed=True),
    Store("A/B"),
    Store(".."),
    Store("=1+1"),
    Store("Pâtisserie №1 🥐"),
    Store("None"),
    Store("uuid"),
    Store("x" * 64),
)

#: Local dates: the ends of the contract, days on which clocks change, leap days, and the present.
DAYS = (
    "1900-01-01",
    "1900-02-28",
    "1911-03-10",
    "1969-12-31",
    "1970-01-01",
    "1976-03-28",
    "2000-02-29",
    # At Apia the next day is the 31st.
    "2011-12-29",
    "2011-12-30",
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
    "2026-11-20",
    "2026-11-21",
    "2038-01-19",
    "2262-04-11",
    "2999-12-30",
    "2999-12-31",
)


def table() -> str:
    """The text of STORES_FILE."""
    rows = [f"{each.name},{each.zone},{each.cutoff_hour}" for each in STORES if each.listed]
    return "\n".join(["storeID,zone,cutoffHour", *rows, ""])


def by_name() -> dict[str, Store]:
    """The stores by their name as text."""
    return {str(each.name): each for each in STORES}
