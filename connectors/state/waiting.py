"""Deliveries that wait: set aside with the reason, or for an answer of the vendor's API.

Bounded: beyond MOST_BYTES of bodies the oldest are left to the log, beyond MOST_ASIDE rows the
oldest are dropped, and counted.
"""

import sqlite3
from collections.abc import Iterable
from typing import Literal, NamedTuple

import zstandard

from tillstream.receivers.delivery import Delivery

#: Set-aside deliveries that are kept, and bytes of their bodies, packed.
MOST_ASIDE = 100_000
MOST_BYTES = 256 * 1024 * 1024
#: Bytes of one body, unpacked: more than the door takes.
MOST_BODY = 64 * 1024 * 1024

Kind = Literal["aside", "fetch"]


class Reason(NamedTuple):
    """Why a delivery is set aside: the rule, where, what was found, and how it is mended."""

    rule: str = ""
    path: str = ""
    found: str = ""
    mend: str = ""


class SaleVersion(NamedTuple):
    """Which sale a delivery says, at which version."""

    sale: str
    version: int


_NO_SALE: tuple[None, None] = (None, None)


class Waiting(NamedTuple):
    """One that waits. `body` of the delivery is empty where only the log has it."""

    number: int
    kind: str
    log_offset: int | None
    sale: str | None
    reason: Reason
    delivery: Delivery
    has_body: bool


class WaitingDeliveries:
    """The table; what is done belongs to the transaction of its database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def put(
        self,
        kind: Kind,
        log_offset: int | None,
        delivery: Delivery,
        reason: Reason = Reason(),  # noqa: B008 - immutable
        sale: SaleVersion | None = None,
    ) -> None:
        """Keep one."""
        body = zstandard.ZstdCompressor(level=1).compress(delivery.body)
        self._database.execute(
            "INSERT INTO waiting (kind, log_offset, receiver, sale, version, topic, delivery,"
            " source, received_us, rule, path, found, mend, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kind,
                log_offset,
                delivery.receiver,
                *(sale or _NO_SALE),
                *delivery[1:5],
                *reason,
                body,
            ),
        )

    def set_aside(self, number: int, reason: Reason, sale: SaleVersion | None = None) -> None:
        """One that waits, for an answer or for a retry, is set aside (again)."""
        self._database.execute(
            "UPDATE waiting SET kind = 'aside', retry = 0, sale = coalesce(?, sale),"
            " version = coalesce(?, version), (rule, path, found, mend) = (?, ?, ?, ?)"
            " WHERE number = ?",
            (*(sale or _NO_SALE), *reason, number),
        )

    def remove(self, numbers: Iterable[int]) -> int:
        """They are done; returns how many still waited."""
        return self._database.executemany(
            "DELETE FROM waiting WHERE number = ?", [(number,) for number in numbers]
        ).rowcount

    def heal(self, receiver: str, known: SaleVersion, until_us: int) -> int:
        """Drop what was set aside of a sale up to that version and time; returns how many.

        A newer version stays, whatever older one comes again after it.
        """
        return self._database.execute(
            "DELETE FROM waiting WHERE kind = 'aside' AND receiver = ? AND sale = ?"
            " AND version <= ? AND received_us <= ?",
            (receiver, *known, until_us),
        ).rowcount

    def bound(self) -> int:
        """Keep to the bounds; returns how many were dropped."""
        rows = self._database.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0) FROM waiting WHERE kind = 'aside'"
        ).fetchone()
        many, size = map(int, rows)
        if size > MOST_BYTES:
            self._database.execute(
                "UPDATE waiting SET body = NULL WHERE number IN (SELECT number FROM waiting"
                " WHERE kind = 'aside' AND body IS NOT NULL AND log_offset IS NOT NULL"
                " ORDER BY number LIMIT max(1, ? / 10))",
                (many,),
            )
        if many <= MOST_ASIDE:
            return 0
        return self._database.execute(
            "DELETE FROM waiting WHERE number IN (SELECT number FROM waiting"
            " WHERE kind = 'aside' ORDER BY number LIMIT ?)",
            (many - MOST_ASIDE,),
        ).rowcount

    def of_kind(self, kind: Kind, after: int = 0, most: int = MOST_ASIDE) -> list[Waiting]:
        """Those beyond a number, the oldest first."""
        return self._some("kind = ? AND number > ?", (kind, after), most)

    def numbered(self, number: int) -> list[Waiting]:
        """The one with that number, if it waits."""
        return self._some("number = ?", (number,), 1)

    def numbers(self, kind: Kind, after: int) -> list[int]:
        """The numbers of those beyond a number."""
        rows = self._database.execute(
            "SELECT number FROM waiting WHERE kind = ? AND number > ? ORDER BY number",
            (kind, after),
        )
        return [number for (number,) in rows]

    def aside_offsets(self) -> frozenset[int]:
        """Where in the log stands what is set aside."""
        rows = self._database.execute(
            "SELECT log_offset FROM waiting WHERE kind = 'aside' AND log_offset IS NOT NULL"
        )
        return frozenset(offset for (offset,) in rows)

    def newest_aside(self, most: int) -> list[Waiting]:
        """The newest that are set aside."""
        return self._some(
            "number IN (SELECT number FROM waiting WHERE kind = 'aside'"
            " ORDER BY number DESC LIMIT ?)",
            (most,),
            most,
        )

    def to_retry(self, most: int) -> list[Waiting]:
        """Those that somebody has asked to be mapped again."""
        return self._some("retry > 0", (), most)

    def ask_retry(self, receiver: str) -> int:
        """Have what is set aside of a receiver mapped again; returns how many that is."""
        return self._database.execute(
            "UPDATE waiting SET retry = 1 WHERE kind = 'aside' AND receiver = ?", (receiver,)
        ).rowcount

    def count(self, kind: Kind) -> dict[str, int]:
        """How many wait, by receiver."""
        return dict(
            self._database.execute(
                "SELECT receiver, count(*) FROM waiting WHERE kind = ? GROUP BY receiver", (kind,)
            ).fetchall()
        )

    def retries(self) -> int:
        """How many are to be mapped again."""
        (found,) = self._database.execute("SELECT count(*) FROM waiting WHERE retry > 0").fetchone()
        return int(found)

    def forget_offsets(self) -> None:
        """The log is another one."""
        self._database.execute("UPDATE waiting SET log_offset = NULL")

    def _some(self, condition: str, values: tuple[object, ...], most: int) -> list[Waiting]:
        rows = self._database.execute(
            "SELECT number, kind, log_offset, sale, rule, path, found, mend, receiver, topic,"  # noqa: S608 - ours
            f" delivery, source, received_us, body FROM waiting WHERE {condition}"
            " ORDER BY number LIMIT ?",
            (*values, most),
        )
        return [
            Waiting(
                number,
                kind,
                log_offset,
                sale,
                Reason(*reason),
                Delivery(
                    receiver,
                    topic,
                    delivery,
                    source,
                    received_us,
                    b"" if body is None else _unpacked(body),
                ),
                body is not None,
            )
            for (number, kind, log_offset, sale, *reason), (
                receiver,
                topic,
                delivery,
                source,
                received_us,
                body,
            ) in ((row[:8], row[8:]) for row in rows)
        ]


def _unpacked(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=MOST_BODY)
