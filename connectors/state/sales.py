"""What is known of each sale, packed, and how long it is kept."""

import sqlite3
from collections.abc import Iterator

import msgspec
import zstandard

from connectors.postings.sale import KeptSale

#: Sales that are removed at a time.
MOST_REMOVED = 1_000
#: Bytes of one sale, unpacked.
MOST_BYTES = 64 * 1024 * 1024

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(KeptSale).decode


class Sales:
    """The table; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._packer = zstandard.ZstdCompressor(level=1)
        self._unpacker = zstandard.ZstdDecompressor()

    def get(self, receiver: str, sale: str) -> KeptSale:
        """What is known; an empty one where nothing is."""
        row = self._database.execute(
            "SELECT body FROM sales WHERE receiver = ? AND sale = ?", (receiver, sale)
        ).fetchone()
        return KeptSale() if row is None else self._unpacked(row[0])

    def put(self, receiver: str, sale: str, day: int, kept: KeptSale) -> None:
        """Remember it; `day` is the newest of its documents and deliveries."""
        self._database.execute(
            "INSERT INTO sales VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET day = max(day, excluded.day), body = excluded.body",
            (receiver, sale, day, self._packer.compress(_encode(kept))),
        )

    def remove_before(self, day: int) -> int:
        """Forget some of those whose newest day is before `day`; returns how many."""
        return self._database.execute(
            "DELETE FROM sales WHERE rowid IN (SELECT rowid FROM sales WHERE day < ? LIMIT ?)",
            (day, MOST_REMOVED),
        ).rowcount

    def every(self) -> Iterator[tuple[str, str, KeptSale]]:
        """Receiver, name and content of every sale."""
        for receiver, sale, body in self._database.execute(
            "SELECT receiver, sale, body FROM sales"
        ):
            yield receiver, sale, self._unpacked(body)

    def _unpacked(self, body: bytes) -> KeptSale:
        return _decode(self._unpacker.decompress(body, max_output_size=MOST_BYTES))
