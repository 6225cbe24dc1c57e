"""Writes the kept figures of days to MongoDB (`day_figures`), beside the counting and behind it.

Of what changed since the last time, about once a second, a document is put in the place of the
one before: absolute, so that a write that is repeated changes nothing. How far it came is a
document of the same collection, written after the figures: what was not written when the
process was killed is written by the next. MongoDB away, it waits and catches up.

A ledger that is another one (a recount) has all of its figures written; then what is of any
other ledger is removed.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog
from pymongo import ReplaceOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import PyMongoError

from analytics.ledger import day_documents
from analytics.ledger.store_days import Changed, StoreDays
from tillstream import archive
from tillstream.archive import Document
from tillstream.day_figures import DAY_FIGURES
from tillstream.ledger import read_only
from tillstream.runtime import essential, retry

log = structlog.get_logger()

#: Between two looks at what changed, seconds.
EVERY_SECONDS = 1.0
#: Rows of the ledger that are written together, some 5 KB each.
AT_A_TIME = 500
#: Longest waits for MongoDB, ms: a worker that ends waits for a write that is on its way.
SERVER_MS = 2_000
SOCKET_MS = 5_000
WTIMEOUT_MS = 4_000
#: Between two attempts while MongoDB is away, at most, seconds.
MOST_SECONDS = 10.0

_ERRORS = (PyMongoError, sqlite3.Error)
_MILLISECOND = timedelta(milliseconds=1)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Position(NamedTuple):
    """How far a ledger was written."""

    ledger: str
    #: The number of the last change (`StoreDays`).
    change: int = 0
    #: Whether nothing is left of any other ledger.
    alone: bool = False
    written_at: datetime = _NEVER


class FiguresWriter:
    """Call `write_some` until nothing is left; it may be called again after any error."""

    def __init__(self, ledger: Path, database: Database[Document]) -> None:
        self._ledger = ledger
        self._documents = database[DAY_FIGURES]
        self._position: Position | None = None

    def write_some(self) -> bool:
        """Write the next changes; whether more may be left. Raises PyMongoError, sqlite3.Error."""
        with closing(read_only(self._ledger)) as opened:
            # One state of the file, whatever is counted meanwhile.
            opened.execute("BEGIN")
            (ledger,) = opened.execute("SELECT value FROM facts WHERE name = 'id'").fetchone()
            position = self._position or self._read(ledger)
            # Whatever fails, the next call asks MongoDB how far it came.
            self._position = None
            changed = StoreDays(opened).changed_after(position.change, AT_A_TIME)
            if changed:
                position = self._write(opened, position, changed)
        if not changed and not position.alone:
            self._documents.delete_many({"ledger": {"$ne": ledger}})
            position = position._replace(alone=True)
            # A system that took nothing leaves no data: a backup is restored to it.
            if position.change:
                self._documents.bulk_write([self._note(position)])
        self._position = position
        return bool(changed)

    def _read(self, ledger: str) -> Position:
        self._documents.create_index("day")
        found = self._documents.find_one({"_id": day_documents.POSITION}) or {}
        written_at = found.get("writtenAt", _NEVER)
        if found.get("ledger") != ledger:
            return Position(ledger, written_at=written_at)
        return Position(ledger, found["change"], found["alone"], written_at)

    def _write(
        self, opened: sqlite3.Connection, position: Position, changed: list[Changed]
    ) -> Position:
        now = datetime.now(UTC).replace(microsecond=0)
        now += _MILLISECOND * (datetime.now(UTC).microsecond // 1000)
        position = position._replace(written_at=max(now, position.written_at + _MILLISECOND))
        # In this order: a time once used is known before it is, however the clock is set.
        self._documents.bulk_write([self._note(position)])
        documents = day_documents.documents(
            opened,
            dict.fromkeys((each.day, each.store) for each in changed),
            position.written_at,
            position.ledger,
        )
        for some in day_documents.in_pieces(documents):
            self._documents.bulk_write(
                [ReplaceOne({"_id": each["_id"]}, dict(each), upsert=True) for each in some],
                ordered=False,
            )
        position = position._replace(change=changed[-1].change)
        self._documents.bulk_write([self._note(position)])
        return position

    def _note(self, position: Position) -> UpdateOne:
        fields = {
            "ledger": position.ledger,
            "change": position.change,
            "alone": position.alone,
            "writtenAt": position.written_at,
        }
        return UpdateOne({"_id": day_documents.POSITION}, {"$set": fields}, upsert=True)


@contextmanager
def writing(ledger: Path, url: str, database: str) -> Iterator[None]:
    """A thread that writes the figures of the ledger at a path until the block ends."""
    stop = threading.Event()
    thread = essential.start_thread("figures", _run, ledger, url, database, stop)
    try:
        yield
    finally:
        stop.set()
        # What is on its way of this ledger must not come after what is of the next.
        thread.join()


def _run(ledger: Path, url: str, database: str, stop: threading.Event) -> None:
    client = archive.connect(
        url,
        "tillstream figures",
        server_ms=SERVER_MS,
        socket_ms=SOCKET_MS,
        connections=1,
        retry_writes=False,
    )
    with client:
        writer = FiguresWriter(ledger, archive.majority(client, database, wtimeout_ms=WTIMEOUT_MS))
        while not stop.is_set():
            more = retry.until_stopped(
                writer.write_some, _ERRORS, stop, _report, most_seconds=MOST_SECONDS
            )
            if not more:
                stop.wait(EVERY_SECONDS)


_told = {"at": 0.0}


def _report(error: BaseException) -> None:
    if time.monotonic() - _told["at"] > MOST_SECONDS:
        _told["at"] = time.monotonic()
        log.warning("the figures of days wait for MongoDB", reason=repr(error)[:300])
