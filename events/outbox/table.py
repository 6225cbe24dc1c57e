"""The outbox: messages that the worker makes, from the commit that makes them until they are done.

A message is done when it came back by the log, and its rows are in MongoDB where they belong there.
It keeps its bytes, and a name in them (the column BODY): published twice, it counts once.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tillstream.streams.message import CONTENT_TYPE, Packed


class Kept(NamedTuple):
    """A message of the outbox. `seq` grows, and no number comes again."""

    seq: int
    stream: str
    packed: Packed


class Made(NamedTuple):
    """A message that is put into the outbox."""

    #: 16 bytes, those of its column BODY.
    name: bytes
    stream: str
    packed: Packed
    #: Whether MongoDB gets its rows.
    to_store: bool


class Outbox:
    """The table; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def put(self, some: Iterable[Made]) -> None:
        """Keep messages, in their order."""
        self._database.executemany(
            "INSERT INTO outbox (name, stream, body, content_encoding, published, stored)"
            " VALUES (?, ?, ?, ?, FALSE, ?)",
            [
                (
                    each.name,
                    each.stream,
                    each.packed.body,
                    each.packed.content_encoding,
                    not each.to_store,
                )
                for each in some
            ],
        )

    def published(self, names: Sequence[bytes]) -> None:
        """Messages of these names came back by the log."""
        every = [(name,) for name in names]
        self._database.executemany("UPDATE outbox SET published = TRUE WHERE name = ?", every)
        self._database.executemany("DELETE FROM outbox WHERE name = ? AND stored", every)

    def stored(self, numbers: Sequence[int]) -> None:
        """The rows of these are in MongoDB."""
        every = [(number,) for number in numbers]
        self._database.executemany("UPDATE outbox SET stored = TRUE WHERE seq = ?", every)
        self._database.executemany("DELETE FROM outbox WHERE seq = ? AND published", every)

    def unpublished(self, after: int, most: int) -> list[Kept]:
        """Those that did not come back, beyond a number, the oldest first."""
        return self._some("NOT published", after, most)

    def unstored(self, after: int, most: int) -> list[Kept]:
        """Those that MongoDB does not have, beyond a number, the oldest first."""
        return self._some("NOT stored", after, most)

    def all_of(self, stream: str) -> Iterator[Kept]:
        """All messages of a stream, the oldest first."""
        numbers = self._database.execute(
            "SELECT seq FROM outbox WHERE stream = ? ORDER BY seq", (stream,)
        ).fetchall()
        for (number,) in numbers:
            yield from self._some("TRUE", number - 1, 1)

    def replace(self, number: int, packed: Packed) -> None:
        """Give a message other bytes; it keeps its name."""
        self._database.execute(
            "UPDATE outbox SET (body, content_encoding) = (?, ?) WHERE seq = ?",
            (packed.body, packed.content_encoding, number),
        )

    def _some(self, condition: str, after: int, most: int) -> list[Kept]:
        rows = self._database.execute(
            "SELECT seq, stream, body, content_encoding FROM outbox"  # noqa: S608 - ours
            f" WHERE {condition} AND seq > ? ORDER BY seq LIMIT ?",
            (after, most),
        )
        return [
            Kept(seq, stream, Packed(body, CONTENT_TYPE, encoding))
            for seq, stream, body, encoding in rows
        ]
