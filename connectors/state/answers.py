"""What vendors' APIs answered, as long as the log has what it was asked for: `verify` reads it.

Bounded: by the log, whose first offset ends them, and by MOST_BYTES and MOST_ANSWERS, beyond which
the oldest are dropped at the next `prune`.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import zstandard

from connectors.state.waiting import MOST_BODY

#: Answers that are kept, and bytes of their bodies, packed.
MOST_ANSWERS = 100_000
MOST_BYTES = 256 * 1024 * 1024


class KeptAnswer(NamedTuple):
    """One that was applied."""

    #: The log was taken up to here when it was applied.
    next_offset: int
    receiver: str
    body: bytes


class Answers:
    """The table; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def put(self, log_offset: int | None, kept: KeptAnswer) -> None:
        """Keep one; `log_offset` is that of its delivery, None where that is of another log."""
        self._database.execute(
            "INSERT INTO answers (log_offset, next_offset, receiver, body) VALUES (?, ?, ?, ?)",
            (
                log_offset,
                kept.next_offset,
                kept.receiver,
                zstandard.ZstdCompressor(level=1).compress(kept.body),
            ),
        )

    def every(self) -> Iterator[KeptAnswer]:
        """All, in the order in which they were applied."""
        unpacker = zstandard.ZstdDecompressor()
        for next_offset, receiver, body in self._database.execute(
            "SELECT next_offset, receiver, body FROM answers ORDER BY number"
        ):
            unpacked = unpacker.decompress(body, max_output_size=MOST_BODY)
            yield KeptAnswer(next_offset, receiver, unpacked)

    def has(self, log_offset: int) -> bool:
        """Whether that delivery has its answer here."""
        row = self._database.execute(
            "SELECT 1 FROM answers WHERE log_offset = ? LIMIT 1", (log_offset,)
        ).fetchone()
        return row is not None

    def prune(self, first_offset: int) -> None:
        """Forget those that were applied before the log's first offset, and what is too much."""
        self._database.execute("DELETE FROM answers WHERE next_offset <= ?", (first_offset,))
        self._database.execute(
            "DELETE FROM answers WHERE number <= (SELECT max(number) FROM (SELECT number,"
            " row_number() OVER newest AS many, sum(length(body)) OVER newest AS size FROM answers"
            " WINDOW newest AS (ORDER BY number DESC)) WHERE many > ? OR size > ?)",
            (MOST_ANSWERS, MOST_BYTES),
        )

    def forget(self) -> None:
        """The log is another one."""
        self._database.execute("DELETE FROM answers")
