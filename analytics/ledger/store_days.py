"""The figures of days and stores in the ledger's file: one encoded body for each.

Of the whole chain (store "") the products of each hour are a part of their own, so that a commit
writes those of the present hour only. Each change of a row has a number that no other one has, and
that is greater than all before it: who has seen the rows up to a number asks for those above.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import structs

from tillstream.currency_day import CurrencyDay, currency_day
from tillstream.day_figures import Figures, StoreFigures, decode_store, encode

#: The part that has all but `product_hours`; the other parts are hours, "00" to "23".
WHOLE = ""

#: Day, store (""  is the chain), part.
Place = tuple[CurrencyDay, str, str]


class Written(NamedTuple):
    """A row that is to be written."""

    place: Place
    body: bytes
    #: No sum of the magnitudes of its figures is above it.
    bound: int


class Changed(NamedTuple):
    """A day of a store that changed, and the number of the change of its row."""

    change: int
    day: CurrencyDay
    store: str


class StoreDays:
    """The table `store_days` of a ledger, or of a connection that only reads."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def last_change(self) -> int:
        """The number of the newest change; 0 before any."""
        (found,) = self._database.execute("SELECT max(change) FROM store_days").fetchone()
        return found or 0

    def read(self, place: Place) -> tuple[bytes, int] | None:
        """A body and its bound."""
        day, store, part = place
        row: tuple[bytes, int] | None = self._database.execute(
            "SELECT body, bound FROM store_days WHERE day = ? AND currency = ?"
            " AND store = ? AND part = ?",
            (day.ordinal(), day.currency, store, part),
        ).fetchone()
        return row

    def bound(self, place: Place) -> int:
        """The bound of a body; 0 where there is none."""
        day, store, part = place
        row = self._database.execute(
            "SELECT bound FROM store_days WHERE day = ? AND currency = ?"
            " AND store = ? AND part = ?",
            (day.ordinal(), day.currency, store, part),
        ).fetchone()
        return row[0] if row else 0

    def write(self, rows: Iterable[Written]) -> None:
        """Replace rows; each gets the next number of a change."""
        before = self.last_change()
        self._database.executemany(
            "INSERT INTO store_days (day, currency, store, part, body, bound, change)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, currency, store, part)"
            " DO UPDATE SET body = excluded.body, bound = excluded.bound, change = excluded.change",
            (
                (day.ordinal(), day.currency, store, part, body, bound, change)
                for change, ((day, store, part), body, bound) in enumerate(rows, before + 1)
            ),
        )

    def changed_after(self, change: int, most: int) -> list[Changed]:
        """The first rows that changed after a number, in the order of their changes."""
        rows = self._database.execute(
            "SELECT change, day, currency, store FROM store_days WHERE change > ?"
            " ORDER BY change LIMIT ?",
            (change, most),
        )
        return [
            Changed(number, currency_day(day, currency), store)
            for number, day, currency, store in rows
        ]

    def stores(self, day: CurrencyDay) -> list[str]:
        """The stores with figures of a day, the chain ("") first."""
        found = self._database.execute(
            "SELECT DISTINCT store FROM store_days WHERE day = ? AND currency = ? ORDER BY store",
            (day.ordinal(), day.currency),
        )
        return [store for (store,) in found]

    def changes(self, day: CurrencyDay) -> dict[str, int]:
        """Of each store with figures of a day the number of its newest change."""
        found = self._database.execute(
            "SELECT store, max(change) FROM store_days WHERE day = ? AND currency = ?"
            " GROUP BY store",
            (day.ordinal(), day.currency),
        )
        return dict(found.fetchall())

    def parts(self, day: CurrencyDay, store: str) -> Iterator[tuple[str, bytes, int]]:
        """Part, body and the number of the change, the whole first."""
        yield from self._database.execute(
            "SELECT part, body, change FROM store_days WHERE day = ? AND currency = ?"
            " AND store = ? ORDER BY part",
            (day.ordinal(), day.currency, store),
        )

    def figures(self, day: CurrencyDay, store: str) -> tuple[StoreFigures, int] | None:
        """All that the bodies have of a store's day, and the number of its newest change."""
        parts = list(self.parts(day, store))
        found = joined({part: decode_store(body) for part, body, _ in parts})
        return None if found is None else (found, max(change for *_, change in parts))

    def body(self, day: CurrencyDay, store: str) -> bytes | None:
        """All of a store's day, encoded; of one that is a single body that one, as it is."""
        parts = {part: body for part, body, _ in self.parts(day, store)}
        if parts.keys() == {WHOLE}:
            return parts[WHOLE]
        found = joined({part: decode_store(body) for part, body in parts.items()})
        return None if found is None else encode(found)


def joined(parts: Mapping[str, StoreFigures]) -> StoreFigures | None:
    """The parts of a store's day as one; they are left as they are.

    An hour of the chain may name products that its day does not: these are left out.
    """
    if (whole := parts.get(WHOLE)) is None:
        return None
    hours: dict[str, dict[str, Figures]] = {}
    for part in sorted(parts.keys() - {WHOLE}):
        of_hour = parts[part].product_hours.get(part, {})
        if named := {code: of_hour[code] for code in of_hour.keys() & whole.products.keys()}:
            hours[part] = named
    return structs.replace(whole, product_hours=hours)
