"""Which events came before: an identity counts where it came first in the log.

An identity is kept with the position and row that it came first at, so that a message that is read
again is decided on as before. Its key is a digest of 16 bytes; where the event time is a part of
the identity it begins with the day, so that today's keys stand together on disk
(docs/decisions/0020-identities-by-day.md). Else an identity may come again with another time.
"""

import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: The row of an identity that stands for all rows of its body in one message.
WHOLE_BODY = -1
#: Keys that are looked up by one statement.
LOOKED_UP = 500
#: Identities that are looked at together for those that are old.
LOOKED_AT = 1_000

_INSERT = "INSERT OR IGNORE INTO identities VALUES (?, ?, ?, ?)"


class Identities:
    """The table of identities; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        #: The last key that was looked at for its age.
        self._looked_at = b""

    def first(
        self, keys: Sequence[bytes], offset: int, rows: Sequence[int], seen_day: int
    ) -> npt.NDArray[np.bool_]:
        """For each of one message's identities whether it came first here; keeps the new ones.

        `rows` are their rows in the message, growing, or WHOLE_BODY.
        """
        # Sorted, neighbours go to the same page; of equal keys the smaller row comes first.
        new = sorted(zip(keys, [offset] * len(keys), rows, [seen_day] * len(keys), strict=True))
        if self._database.executemany(_INSERT, new).rowcount == len(keys):
            return np.ones(len(keys), np.bool_)
        known = self._known(keys)
        return np.fromiter(
            (known[key] == (offset, row) for key, row in zip(keys, rows, strict=True)),
            np.bool_,
            len(keys),
        )

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        found: dict[bytes, tuple[int, int]] = {}
        for begin in range(0, len(keys), LOOKED_UP):
            some = keys[begin : begin + LOOKED_UP]
            marks = ", ".join("?" * len(some))
            found.update(
                (key, (offset, row))
                for key, offset, row in self._database.execute(
                    f"SELECT key, log_offset, log_row FROM identities WHERE key IN ({marks})",  # noqa: S608 - marks only
                    some,
                )
            )
        return found

    def prune_some(self, before_day: int) -> None:
        """Look at the next LOOKED_AT identities, and remove those first seen before a day.

        Call by call every identity is looked at, and then all again.
        """
        rows = self._database.execute(
            "SELECT key, seen_day FROM identities WHERE key > ? ORDER BY key LIMIT ?",
            (self._looked_at, LOOKED_AT),
        ).fetchall()
        self._looked_at = rows[-1][0] if len(rows) == LOOKED_AT else b""
        self._database.executemany(
            "DELETE FROM identities WHERE key = ?",
            [(key,) for key, seen_day in rows if seen_day < before_day],
        )
