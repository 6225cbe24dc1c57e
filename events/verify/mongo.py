"""Compares the documents of a window in MongoDB with those that the state's rows make.

Both sides are read in the order of `_id`, which nothing can change in MongoDB, so that neither has
to fit into memory. MongoDB is behind the state by the sink's own position, and the worker goes on
meanwhile:

- what the sink has not written or removed yet is waited for, and counted apart after that;
- of what is missing, surplus or of another `change`, the row is read again as it is now: what
  changed since the state was read says nothing.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.collection import Collection
from pymongo.database import Database

from events.verify.documents import difference
from events.verify.report import MAX_NAMED, Difference
from events.windows.changes import ChangedRow, Changes
from events.windows.figures import WindowFigures
from events.windows.mongo_sink import POSITIONS
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import CHANGE, instant, microseconds

#: Rows and documents that are in memory at once.
BATCH = 1_000
#: Longest wait for the sink, seconds, for all windows together.
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.1


class InMongo(NamedTuple):
    """What was compared, what differs, and what MongoDB has not got yet."""

    rows: int = 0
    differing: int = 0
    behind: int = 0
    named: tuple[Difference, ...] = ()

    def plus(self, other: "InMongo") -> "InMongo":
        """Both together."""
        return InMongo(
            self.rows + other.rows,
            self.differing + other.differing,
            self.behind + other.behind,
            (*self.named, *other.named)[:MAX_NAMED],
        )


class MongoProof:
    """Compares one window after the other; the state is in a transaction that reads."""

    def __init__(
        self, state: State, database: Database[Document] | None, stop: threading.Event
    ) -> None:
        self._state = state
        self._database = database
        self._stop = stop
        self._until: float | None = None

    def compare(self, window: Window, known: WindowFigures) -> InMongo:
        """Every document as a whole; nothing where there is no MongoDB."""
        if self._database is None:
            return InMongo()
        name = window_documents.database_name(window, self._database.name)
        database = self._database.client[name]
        collection = database.get_collection(
            window_documents.collection_name(window), window_documents.OPTIONS
        )
        table = WindowTable(window)
        sink = _Sink(database, collection, window, known)
        [(newest,)] = self._state.execute(f"SELECT max(change) FROM {table.name}")  # noqa: S608 - declared
        if self._until is None:
            self._until = time.monotonic() + WAIT_SECONDS
        while not sink.is_at(newest or 0) and time.monotonic() < self._until:
            if self._stop.wait(POLL_SECONDS):
                break
        with ExitStack() as stack:
            now = _RowsNow(self._state, table, stack)
            return _compared(window, sink, now, _expected(self._state, table), _found(collection))


class _Sink:
    """How far MongoDB was written."""

    def __init__(
        self,
        database: Database[Document],
        collection: Collection[Document],
        window: Window,
        known: WindowFigures,
    ) -> None:
        self._positions = database[POSITIONS]
        self._collection = collection
        self._window = window
        self._known = known
        self.written_to = -1
        self.caught_up = False

    def is_at(self, newest: int) -> bool:
        """Whether all up to a change is written, and what is no more is removed."""
        position = self._positions.find_one({"_id": self._window.name}) or {}
        self.written_to = position.get(CHANGE, -1)
        written = self.written_to >= newest or not newest
        removed = position.get("floor", 0) >= self._known.floor and not self._has_old()
        self.caught_up = written and removed
        return self.caught_up

    def _has_old(self) -> bool:
        before = self._known.pruned_before_us
        if before is None:
            return False
        old = {
            self._window.start_column: {"$lte": instant(before - 1)},
            CHANGE: {"$lte": self._known.pruned_change},
        }
        return self._collection.find_one(old, {"_id": 1}) is not None


class _RowsNow:
    """The rows as they are now, beside the transaction."""

    def __init__(self, state: State, table: WindowTable, stack: ExitStack) -> None:
        self._path = state.path
        self._sql = f"SELECT change FROM {table.name} WHERE start = ? AND keys = ?"  # noqa: S608 - declared
        self._stack = stack
        self._state: State | None = None

    def change(self, row_id: Any) -> int | None:
        """The change of a row; None where there is none."""
        start, _, keys = row_id.partition("/") if isinstance(row_id, str) else ("", "", "")
        try:
            start_us = microseconds(datetime.fromisoformat(start))
        except (ValueError, TypeError):
            # No row is known by this.
            return None
        if self._state is None:
            self._state = self._stack.enter_context(State(self._path, create=False))
        found = self._state.execute(self._sql, (start_us, keys)).fetchone()
        return None if found is None else found[0]


def _compared(
    window: Window,
    sink: _Sink,
    now: _RowsNow,
    expected: Iterator[ChangedRow],
    found: Iterator[Document],
) -> InMongo:
    rows = differing = behind = 0
    named: list[Difference] = []
    for row, document in _side_by_side(expected, found):
        known = row.row_id if row is not None else (document or {})["_id"]
        change = row.change if row is not None else None
        of_this_change = document is not None and document.get(CHANGE) == change
        if not of_this_change:
            if change is not None and change > sink.written_to:
                behind += 1
                continue
            if change != now.change(known):
                # It changed since the state was read.
                continue
            if change is None and not sink.caught_up:
                behind += 1
                continue
        rows += 1
        wanted = None if row is None else window_documents.document(row.row, row.row_id, row.change)
        other = difference(f"MongoDB {window.name}", wanted, document, window_documents.OPTIONS)
        if other is not None:
            differing += 1
            if len(named) < MAX_NAMED:
                named.append(other)
    return InMongo(rows, differing, behind, tuple(named))


def _side_by_side(
    expected: Iterator[ChangedRow], found: Iterator[Document]
) -> Iterator[tuple[ChangedRow | None, Document | None]]:
    """Row and document of each `_id`; None where one is missing."""
    row, document = next(expected, None), next(found, None)
    while row is not None or document is not None:
        if document is not None and not isinstance(document["_id"], str):
            # Of no row, wherever MongoDB puts it.
            order = 1
        elif row is None or document is None:
            order = 1 if row is None else -1
        else:
            order = (row.row_id > document["_id"]) - (row.row_id < document["_id"])
        yield row if order <= 0 else None, document if order >= 0 else None
        if order <= 0:
            row = next(expected, None)
        if order >= 0:
            document = next(found, None)


def _expected(state: State, table: WindowTable) -> Iterator[ChangedRow]:
    changes = Changes(state.database, table)
    # Of the texts of times `00:00:00.500000Z` is before `00:00:00Z`.
    fractions = "start / 1000000, start % 1000000 = 0, " if table.window.size_us % 1_000_000 else ""
    cursor = state.execute(
        f"SELECT {table.columns} FROM {table.name} ORDER BY {fractions}start, keys"  # noqa: S608 - declared
    )
    while part := cursor.fetchmany(BATCH):
        yield from changes.readable(part)


def _found(collection: Collection[Document]) -> Iterator[Document]:
    with collection.find({}, sort=[("_id", 1)], batch_size=BATCH) as cursor:
        yield from cursor
