"""The identities of the ledger, day by day: which receipts were counted, and with what content.

A day is the one that the till wrote: a receipt's key begins with it. The identities of an open day
are rows, in the order of their keys. A day that is over is closed, part by part: its rows become
blocks of sorted records, which take a sixth less room and are read only when a late receipt comes
for it. A day that is long over is dropped as a whole (docs/decisions/0020-identities-by-day.md).
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

from analytics.counting.receipt_counter import FORGOTTEN
from analytics.ledger.identity_records import (
    NO_RECORDS,
    PARTS,
    Records,
    blocks,
    day_bytes,
    from_blob,
    in_order,
    records_of,
)
from tillstream.identity import DAY_BYTES, key_day
from tillstream.ledger import CONTENT_BYTES, KEY_BYTES, RECORD_BYTES, block_id, content_in_blocks

#: Rows that come late for a closed day before it is closed again: one for so many that are closed.
LATE_SHARE = 8
#: Identities that go to SQLite in one blob: one that a core keeps close to it.
RECORDS_AT_ONCE = 5_000

# Many identities go to SQLite as one blob of records: bound one by one, each row cost three times
# as much (docs/decisions/0010-columns.md).
# ruff: noqa: S608 - the strings that are put together here are this module's own
_PLACES = f"""
    WITH RECURSIVE place (at) AS (
        VALUES (1) UNION ALL
        SELECT at + {RECORD_BYTES} FROM place WHERE at + {RECORD_BYTES} <= length(?1)
    )
"""
#: Keys and contents of the records of a blob that are rows already.
_KNOWN = f"""{_PLACES}
    SELECT key, content FROM place
    JOIN identities ON key = substr(?1, at, {KEY_BYTES})
"""
#: Makes a row of every record of a blob; fails for one whose key has a row.
_KEEP = f"""{_PLACES}
    INSERT INTO identities SELECT
        substr(?1, at, {KEY_BYTES}), substr(?1, at + {KEY_BYTES}, {CONTENT_BYTES}) FROM place
"""


class DayOfIdentities(NamedTuple):
    """What is kept of a day."""

    #: Ordinal of the day that tills wrote, and the last one on which the door got one of it.
    day: int
    seen_day: int
    #: How many are rows, and how many are in blocks.
    open: int
    closed: int
    #: Whether there were some, and they were dropped.
    dropped: bool


class Identities:
    """Reads and writes in the transaction of whoever owns the database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(
        self, keys: list[bytes], contents: list[bytes], seen_days: Sequence[int]
    ) -> list[bytes | None]:
        """For each in turn None when it is new, and now kept; else the content first seen.

        FORGOTTEN where its day was dropped.
        """
        if not keys:
            return []
        records = records_of(keys, contents)
        known = self._known_beside_rows(keys)
        if not known:
            try:
                # The rule: all are new. In the order of the table, neighbours are written together.
                self._insert(b"".join(sorted(records)))
            except sqlite3.IntegrityError:
                pass
            else:
                self._note(keys, max(seen_days))
                return [None] * len(keys)
        known |= self._known_rows(records)
        first, new = first_contents(known, keys, contents, records)
        self._insert(b"".join(sorted(new)))
        self._note([record[:KEY_BYTES] for record in new], max(seen_days))
        return first

    def known(self, keys: list[bytes]) -> dict[bytes, bytes]:
        """Those of some keys that are kept, with their contents; FORGOTTEN of a dropped day."""
        return self._known_beside_rows(keys) | self._known_rows([key + bytes(8) for key in keys])

    def days(self) -> list[DayOfIdentities]:
        """Every day that was ever kept, oldest first."""
        found = self._database.execute("SELECT * FROM identity_days ORDER BY day")
        return [_day_of(row) for row in found]

    def day(self, day: int) -> DayOfIdentities | None:
        """A day that was ever kept."""
        row = self._database.execute("SELECT * FROM identity_days WHERE day = ?", (day,)).fetchone()
        return row and _day_of(row)

    def of_day(self, day: int) -> Records:
        """The records of a day, sorted."""
        low, high = day_bytes(day), day_bytes(day + 1)
        rows, closed = self._rows(low, high), self._blocks(low, high)
        return in_order(from_blob(rows + closed)) if rows and closed else from_blob(rows or closed)

    def keep_open(self, records: Records, seen_day: int) -> None:
        """Keep records, sorted, that are known to be new, as rows."""
        for start in range(0, len(records), RECORDS_AT_ONCE):
            self._insert(records[start : start + RECORDS_AT_ONCE].tobytes())
        if len(records):
            self._note_day(key_day(records[0].tobytes()), seen_day, len(records))

    def keep_closed(self, day: int, records: Records, seen_day: int) -> None:
        """Keep records of a day, sorted, that are known to be new, in its blocks."""
        low, high = day_bytes(day), day_bytes(day + 1)
        if before := self._blocks(low, high):
            self._rewrite(low, high, in_order(from_blob(before + records.tobytes())))
        else:  # a day of a large chain: no further copy of it
            self._rewrite(low, high, records)
        self._note_day(day, seen_day, 0, len(records))

    def to_close(self, before_day: int) -> int | None:
        """A day before another one with rows enough to close it, or to close it again."""
        row = self._database.execute(
            "SELECT day FROM identity_days WHERE day < ? AND open > 0"
            f" AND open * {LATE_SHARE} >= closed ORDER BY day LIMIT 1",
            (before_day,),
        ).fetchone()
        return row and int(row[0])

    def close_part(self, day: int) -> bool:
        """Move the rows of one part of a day into blocks; whether there were any."""
        row = self._database.execute(
            "SELECT key FROM identities WHERE key >= ? AND key < ? LIMIT 1",
            (day_bytes(day), day_bytes(day + 1)),
        ).fetchone()
        if row is None:
            return False
        size = 256 // PARTS
        begin = day * 256 + row[0][DAY_BYTES] // size * size
        low, high = (number.to_bytes(DAY_BYTES + 1) for number in (begin, begin + size))
        rows = self._rows(low, high)
        self._rewrite(low, high, in_order(from_blob(rows + self._blocks(low, high))))
        self._database.execute("DELETE FROM identities WHERE key >= ? AND key < ?", (low, high))
        self._note_day(day, 0, -len(rows) // RECORD_BYTES, len(rows) // RECORD_BYTES)
        return True

    def drop(self, before_day: int) -> int:
        """Drop every day before another one of which nothing was seen since; returns how many."""
        found = self._database.execute(
            "SELECT day, open + closed FROM identity_days"
            " WHERE day < ?1 AND seen_day < ?1 AND NOT dropped",
            (before_day,),
        ).fetchall()
        for day, _ in found:
            low, high = day_bytes(day), day_bytes(day + 1)
            self._database.execute("DELETE FROM identities WHERE key >= ? AND key < ?", (low, high))
            self._rewrite(low, high, NO_RECORDS)
            self._database.execute(
                "UPDATE identity_days SET open = 0, closed = 0, dropped = 1 WHERE day = ?", (day,)
            )
        return sum(count for _, count in found)

    def _known_beside_rows(self, keys: list[bytes]) -> dict[bytes, bytes]:
        """Of those of closed and dropped days the contents."""
        known: dict[bytes, bytes] = {}
        for prefix in {key[:DAY_BYTES] for key in keys}:
            day = self.day(key_day(prefix))
            if day is None or not (day.closed or day.dropped):
                continue
            for key in keys:
                if key.startswith(prefix):
                    content = FORGOTTEN if day.dropped else content_in_blocks(self._database, key)
                    if content is not None:
                        known[key] = content
        return known

    def _known_rows(self, records: list[bytes]) -> dict[bytes, bytes]:
        return dict(self._database.execute(_KNOWN, (b"".join(records),)))

    def _insert(self, records: bytes) -> None:
        """IntegrityError, and none is kept, if one is not new."""
        if records:
            self._database.execute(_KEEP, (records,))

    def _note(self, new: list[bytes], seen_day: int) -> None:
        for prefix, count in Counter(key[:DAY_BYTES] for key in new).items():
            self._note_day(key_day(prefix), seen_day, count)

    def _note_day(self, day: int, seen_day: int, opened: int, closed: int = 0) -> None:
        self._database.execute(
            "INSERT INTO identity_days VALUES (?, ?, ?, ?, 0) ON CONFLICT (day) DO UPDATE SET"
            " seen_day = max(seen_day, excluded.seen_day), open = open + excluded.open,"
            " closed = closed + excluded.closed",
            (day, seen_day, opened, closed),
        )

    def _rows(self, low: bytes, high: bytes) -> bytes:
        found = self._database.execute(
            "SELECT key, content FROM identities WHERE key >= ? AND key < ? ORDER BY key",
            (low, high),
        )
        # Piece by piece: a day of them as objects is many times as large.
        pieces = iter(lambda: b"".join(chain.from_iterable(islice(found, RECORDS_AT_ONCE))), b"")
        return b"".join(pieces)

    def _blocks(self, low: bytes, high: bytes) -> bytes:
        found = self._database.execute(
            "SELECT records FROM identity_blocks WHERE id >= ? AND id < ? ORDER BY id",
            (block_id(low), block_id(high)),
        )
        return b"".join(chain.from_iterable(found))

    def _rewrite(self, low: bytes, high: bytes, records: Records) -> None:
        self._database.execute(
            "DELETE FROM identity_blocks WHERE id >= ? AND id < ?", (block_id(low), block_id(high))
        )
        self._database.executemany("INSERT INTO identity_blocks VALUES (?, ?)", blocks(records))


def first_contents(
    known: dict[bytes, bytes], keys: list[bytes], contents: list[bytes], records: list[bytes]
) -> tuple[list[bytes | None], list[bytes]]:
    """What `add` returns, and the records of those that are new, which `known` gets."""
    first: list[bytes | None] = []
    new: list[bytes] = []
    for key, content, record in zip(keys, contents, records, strict=True):
        first.append(known.get(key))
        if first[-1] is None:
            known[key] = content
            new.append(record)
    return first, new


def _day_of(row: tuple[int, int, int, int, int]) -> DayOfIdentities:
    day, seen_day, opened, closed, dropped = row
    return DayOfIdentities(day, seen_day, opened, closed, bool(dropped))
