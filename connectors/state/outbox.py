"""Receipts from the commit that makes them until the broker has confirmed them."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from tillstream.accepted_count import AcceptedSale
from tillstream.currency_day import currency_day


class Outgoing(NamedTuple):
    """A receipt to be published."""

    #: For the door's own count: business day, store and gross.
    sale: AcceptedSale
    #: Its stamped JSON on one line.
    line: bytes


class Outbox:
    """The table; a row keeps its bytes until it is deleted."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def put(self, some: Iterable[Outgoing]) -> None:
        """Keep them, in their order: a part of a transaction."""
        self._database.executemany(
            "INSERT INTO outbox (store, day, currency, gross_minor, line) VALUES (?, ?, ?, ?, ?)",
            [
                (store, day.ordinal(), day.currency, gross, line)
                for (day, store, gross), line in some
            ],
        )

    def oldest(self, most: int) -> list[tuple[int, Outgoing]]:
        """The oldest by their numbers, which grow."""
        rows = self._database.execute(
            "SELECT number, day, currency, store, gross_minor, line FROM outbox"
            " ORDER BY number LIMIT ?",
            (most,),
        )
        return [
            (number, Outgoing((currency_day(day, currency), store, gross), line))
            for number, day, currency, store, gross, line in rows
        ]

    def done(self, numbers: Iterable[int]) -> None:
        """The broker has confirmed these."""
        self._database.executemany(
            "DELETE FROM outbox WHERE number = ?", [(number,) for number in numbers]
        )

    def count(self) -> int:
        """How many wait."""
        (found,) = self._database.execute("SELECT count(*) FROM outbox").fetchone()
        return int(found)
