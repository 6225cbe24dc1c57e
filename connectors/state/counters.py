"""What each receiver's deliveries came to, since the state began."""

import sqlite3
from collections import Counter

#: Deliveries that were read; those that said nothing new; those kept apart, as tests are; those
#: that were set aside, and those of them that a later one or a mended mapping has made good.
TAKEN, PASSED, APART, ASIDE, HEALED = "taken", "passed over", "apart", "set aside", "healed"
#: Receipts that were put into the outbox, and the reversals among them.
RECEIPTS, REVERSALS = "receipts", "reversals"
#: Set-aside deliveries that were dropped, as there were too many.
DROPPED = "dropped"
#: Unix microseconds of the newest delivery: not a sum.
NEWEST = "newest_us"


class Counters:
    """The table; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, added: Counter[tuple[str, str]]) -> None:
        """Add to (receiver, name)."""
        self._database.executemany(
            "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET value = value + excluded.value",
            [(*key, value) for key, value in added.items()],
        )

    def lift(self, receiver: str, newest_us: int) -> None:
        """A delivery of that time was taken."""
        self._database.execute(
            "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET value = max(value, excluded.value)",
            (receiver, NEWEST, newest_us),
        )

    def all(self) -> dict[str, dict[str, int]]:
        """By receiver and name."""
        found: dict[str, dict[str, int]] = {}
        for receiver, name, value in self._database.execute("SELECT * FROM counters"):
            found.setdefault(receiver, {})[name] = value
        return found
