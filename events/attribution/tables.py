"""Streams as tables, and final conversions that wait for one, in the state's database.

What is done belongs to the transaction that the caller has begun.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

#: Rows of each table that are held in memory.
CACHED = 50_000
#: Keys that are looked up by one statement.
LOOKED_UP = 500

#: A value of a key, and an event by its fields.
Key = str | int
Event = Mapping[str, Any]


class Waiting(NamedTuple):
    """A final conversion that lacks a table."""

    #: What its row is made of, by column.
    values: dict[str, Any]
    #: Which tables it lacks: stream and key.
    missing: tuple[tuple[str, Key], ...]
    touches: int
    is_late: bool


class Tables:
    """The tables `joined`, `waiting` and `waiting_for` of events/windows/schema.py."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._cache: dict[str, dict[Key, Event]] = {}

    def put(self, stream: str, rows: Mapping[Key, Event]) -> None:
        """Keep the newest event of each key."""
        self._database.executemany(
            "INSERT OR REPLACE INTO joined VALUES (?, ?, ?)",
            [(stream, key, msgspec.msgpack.encode(rows[key])) for key in rows],
        )
        self._remember(stream, rows)

    def find(self, stream: str, keys: Sequence[Key]) -> list[Event | None]:
        """The event of each key, the keys being distinct; None where there is none yet."""
        events = list(map(self._cache.get(stream, {}).get, keys))
        if None not in events:
            return events
        found: dict[Key, Event] = {}
        unknown = [key for key, event in zip(keys, events, strict=True) if event is None]
        for begin in range(0, len(unknown), LOOKED_UP):
            some = unknown[begin : begin + LOOKED_UP]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(
                f"SELECT key, event FROM joined WHERE stream = ? AND key IN ({marks})",  # noqa: S608 - marks only
                (stream, *some),
            )
            for key, event in rows:
                found[key] = msgspec.msgpack.decode(event)
        self._remember(stream, found)
        return [event or found.get(key) for key, event in zip(keys, events, strict=True)]

    def wait(self, attribution: str, some: Sequence[Waiting]) -> None:
        """Keep final conversions until their tables come."""
        for one in some:
            number = self._database.execute(
                "INSERT INTO waiting (attribution, conversion) VALUES (?, ?)",
                (attribution, msgspec.msgpack.encode(one)),
            ).lastrowid
            self._database.executemany(
                "INSERT INTO waiting_for VALUES (?, ?, ?, ?)",
                [(attribution, stream, key, number) for stream, key in one.missing],
            )

    def take_waiting(self, attribution: str, stream: str, keys: Sequence[Key]) -> list[Waiting]:
        """Those that wait for one of these rows, in the order of their coming; they wait no more,
        for other tables neither.
        """
        return [self._taken(number) for number in self._numbers(attribution, stream, keys)]

    def waiting(self, attribution: str, stream: str, keys: Sequence[Key]) -> dict[int, Waiting]:
        """Those that wait for one of these rows, by their numbers."""
        found = {}
        for number in self._numbers(attribution, stream, keys):
            ((packed,),) = self._database.execute(
                "SELECT conversion FROM waiting WHERE number = ?", (number,)
            ).fetchall()
            found[number] = msgspec.msgpack.decode(packed, type=Waiting)
        return found

    def replace_waiting(self, some: Mapping[int, Waiting]) -> None:
        """Others of the same numbers, that wait for the same tables."""
        self._database.executemany(
            "UPDATE waiting SET conversion = ? WHERE number = ?",
            [(msgspec.msgpack.encode(one), number) for number, one in some.items()],
        )

    def forget_waiting(self, attribution: str) -> None:
        """None of its conversions waits any more."""
        for table in ("waiting", "waiting_for"):
            self._database.execute(f"DELETE FROM {table} WHERE attribution = ?", (attribution,))  # noqa: S608 - ours

    def _numbers(self, attribution: str, stream: str, keys: Sequence[Key]) -> list[int]:
        numbers: set[int] = set()
        for begin in range(0, len(keys), LOOKED_UP):
            some = keys[begin : begin + LOOKED_UP]
            marks = ", ".join("?" * len(some))
            numbers.update(
                number
                for (number,) in self._database.execute(
                    "SELECT number FROM waiting_for"  # noqa: S608 - marks only
                    f" WHERE attribution = ? AND stream = ? AND key IN ({marks})",
                    (attribution, stream, *some),
                )
            )
        return sorted(numbers)

    def forget(self) -> None:
        """The transaction was undone."""
        self._cache.clear()

    def _remember(self, stream: str, rows: Mapping[Key, Event]) -> None:
        cached = self._cache.setdefault(stream, {})
        cached.update(rows)
        for key in list(islice(cached, max(len(cached) - CACHED, 0))):
            del cached[key]

    def _taken(self, number: int) -> Waiting:
        ((attribution, packed),) = self._database.execute(
            "DELETE FROM waiting WHERE number = ? RETURNING attribution, conversion", (number,)
        ).fetchall()
        found = msgspec.msgpack.decode(packed, type=Waiting)
        self._database.executemany(
            "DELETE FROM waiting_for WHERE (attribution, stream, key, number) = (?, ?, ?, ?)",
            [(attribution, stream, key, number) for stream, key in found.missing],
        )
        return found
