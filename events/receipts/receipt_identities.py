"""Which receipts were counted, by the digests of tillstream/identity, as the ledger knows them.

An identity is dropped with its day, that the till wrote (docs/decisions/0020-identities-by-day.md).
"""

import sqlite3
from collections.abc import Sequence

from tillstream.identity import DAY_BYTES, key_day

#: Stands for the content of an identity of a day whose identities were dropped.
FORGOTTEN = b""
#: Keys that are looked up by one statement.
LOOKED_UP = 500


class ReceiptIdentities:
    """What is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(
        self, keys: Sequence[bytes], contents: Sequence[bytes], seen_days: Sequence[int]
    ) -> list[bytes | None]:
        """Keep those that are new, in their order. For each: None when it is new, else the content
        that its key was first seen with, or FORGOTTEN.
        """
        known = self._known(keys)
        dropped = self._dropped()
        first: list[bytes | None] = []
        new: list[tuple[bytes, bytes]] = []
        seen: dict[int, int] = {}
        for key, content, seen_day in zip(keys, contents, seen_days, strict=True):
            day = key_day(key)
            if day in dropped:
                first.append(FORGOTTEN)
                continue
            before = known.get(key)
            first.append(before)
            if before is None:
                known[key] = content
                new.append((key, content))
                seen[day] = max(seen.get(day, 0), seen_day)
        # Sorted, neighbours go to the same page.
        new.sort()
        self._database.executemany("INSERT INTO receipt_identities VALUES (?, ?)", new)
        self._database.executemany(
            "INSERT INTO receipt_days VALUES (?, ?, 0) ON CONFLICT (day) DO UPDATE SET"
            " seen_day = max(seen_day, excluded.seen_day)",
            sorted(seen.items()),
        )
        return first

    def drop(self, before_day: int) -> int:
        """Drop every day before another one of which nothing was seen since; returns how many."""
        found = self._database.execute(
            "SELECT day FROM receipt_days WHERE day < ?1 AND seen_day < ?1 AND NOT dropped",
            (before_day,),
        ).fetchall()
        for (day,) in found:
            self._database.execute(
                "DELETE FROM receipt_identities WHERE key >= ? AND key < ?",
                (day.to_bytes(DAY_BYTES), (day + 1).to_bytes(DAY_BYTES)),
            )
            self._database.execute("UPDATE receipt_days SET dropped = 1 WHERE day = ?", (day,))
        return len(found)

    def _dropped(self) -> set[int]:
        rows = self._database.execute("SELECT day FROM receipt_days WHERE dropped")
        return {day for (day,) in rows}

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for begin in range(0, len(keys), LOOKED_UP):
            some = keys[begin : begin + LOOKED_UP]
            marks = ", ".join("?" * len(some))
            found.update(
                self._database.execute(
                    f"SELECT key, content FROM receipt_identities WHERE key IN ({marks})",  # noqa: S608 - marks only
                    some,
                )
            )
        return found
