"""Keeps the rows of windows in MongoDB, in a thread of its own, behind the state.

What is still to be written is what the state has beyond the sink's position, so nothing is held in
memory while MongoDB is away, and counting goes on. Rows are written in the order of their changes,
by upsert where the stored change is not newer; the position is kept beside them.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from pymongo import MongoClient, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from events.windows.changes import BEGIN, ChangedRow, Changes, Place
from events.windows.figures import WindowFigures
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tillstream import archive
from tillstream.archive import Document
from tillstream.bulk_write import places_taken
from tillstream.runtime import essential, retry
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.version import shown_digest
from tillstream.streams.window_rows import CHANGE, instant

log = structlog.get_logger()

#: How far each window was written, in its database: `_id` is its name, `change` the last one, and
#: `shown` the digest of what a row shows.
POSITIONS = "window_positions"
#: Rows of a bulk write.
PAGE = 1_000
#: Longest wait for the next change, seconds: what retention removes changes no row.
WAIT_SECONDS = 5.0
#: Changes within so long, seconds, are written together: after a write that took long within a
#: multiple of that, up to a bound. Rows that change all the time are not written all the time.
PACE_SECONDS = 0.1
PAUSES_PER_WRITE = 3
LONGEST_PACE_SECONDS = 1.0


class WrittenBeside(Protocol):
    """Something else that is written to MongoDB behind the state."""

    def write(self, stop: threading.Event) -> None:
        """Write what there is; raises PyMongoError."""


class MongoSink:
    """Runs from `start` to `stop`; `wake` tells it of a commit."""

    def __init__(
        self,
        state: State,
        url: str,
        database: str,
        windows: dict[str, Window],
        more: Callable[[MongoClient[Document], State], WrittenBeside] | None = None,
    ) -> None:
        """`more` makes what else is written in the same thread."""
        self._more = more
        self._path = state.path
        self._url = url
        self._database = database
        self._windows = windows
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._thread = essential.thread("mongo sink", self._run)

    def start(self) -> None:
        """Begin with what is not written yet."""
        self._thread.start()

    def wake(self) -> None:
        """Rows may have changed."""
        self._changed.set()

    def stop(self) -> None:
        """End after the write that is being made; what is left is written by the next one."""
        self._stop.set()
        self._changed.set()
        self._thread.join(archive.SERVER_SELECTION_MS / 1_000)

    def _run(self) -> None:
        retry.until_stopped(
            self._session,
            (PyMongoError, sqlite3.OperationalError),
            self._stop,
            lambda error: log.warning(
                "rows of windows wait for MongoDB, trying again", error=str(error)[:200]
            ),
            first_seconds=0.2,
            most_seconds=5,
        )

    def _session(self) -> None:
        """Raises PyMongoError when MongoDB is away."""
        with (
            archive.connect(self._url, "windows", connections=1) as client,
            State(self._path, create=False) as state,
        ):
            written = {
                name: WrittenWindow(client, self._database, window, state)
                for name, window in self._windows.items()
            }
            beside = self._more(client, state) if self._more else None
            while not self._stop.is_set():
                self._changed.clear()
                began = time.monotonic()
                if beside is not None:
                    beside.write(self._stop)
                for figures in state.windows().values():
                    if figures.name in written and not figures.stale:
                        written[figures.name].write(figures, self._stop)
                pause = PAUSES_PER_WRITE * (time.monotonic() - began)
                self._stop.wait(min(max(pause, PACE_SECONDS), LONGEST_PACE_SECONDS))
                self._changed.wait(WAIT_SECONDS)


class WrittenWindow:
    """One window's collection and how far it was written."""

    def __init__(
        self, client: MongoClient[Document], database: str, window: Window, state: State
    ) -> None:
        self._window = window
        name = window_documents.database_name(window, database)
        durable = archive.majority(client, name)
        self._rows: Collection[Document] = durable[window_documents.collection_name(window)]
        self._positions: Collection[Document] = durable[POSITIONS]
        self._changes = Changes(state.database, WindowTable(window))
        self._place: Place | None = None
        self._pruned: tuple[int | None, int] | None = None
        self._floor = 0
        self._shown = shown_digest(window)

    def write(self, figures: WindowFigures, stop: threading.Event) -> None:
        """Write what changed, and remove what is no more; raises PyMongoError."""
        if self._place is None:
            self._place = self._begin()
        moved = False
        while not stop.is_set():
            rows, place = self._changes.after(self._place, PAGE)
            if rows:
                self._write_rows(rows)
                self._place, moved = place, True
            if len(rows) < PAGE:
                if moved or self._floor != figures.floor:
                    self._end(figures)
                break
        self._prune(figures)

    def _begin(self) -> Place:
        self._rows.create_indexes(window_documents.indexes(self._window))
        position = self._positions.find_one({"_id": self._window.name})
        # A collection that was dropped gets all rows again.
        if position is None or self._rows.find_one({}, {"_id": 1}) is None:
            return BEGIN
        self._floor = position.get("floor", 0)
        if position.get("shown") != self._shown:
            # Its rows would be without a column that is new.
            return BEGIN
        return Place(position[CHANGE])

    def _write_rows(self, rows: list[ChangedRow]) -> None:
        """In the order of their changes, so that a reader of changes misses none."""
        writes = [
            ReplaceOne(
                {"_id": one.row_id, CHANGE: {"$lte": one.change}},
                window_documents.document(one.row, one.row_id, one.change),
                upsert=True,
            )
            for one in rows
        ]
        while writes:
            try:
                self._rows.bulk_write(writes, ordered=True)
            except BulkWriteError as error:
                # A newer one stands there: of a state that was restored since.
                [newer] = places_taken(error)
                writes = writes[newer + 1 :]
            else:
                return

    def _end(self, figures: WindowFigures) -> None:
        """Everything of the state is written: what is of one before it, and not in it, goes."""
        assert self._place is not None  # noqa: S101 - for the type
        if figures.floor != self._floor:
            self._rows.delete_many({CHANGE: {"$lt": figures.floor}})
            self._floor = figures.floor
        position: dict[str, Any] = {
            CHANGE: self._place.change,
            "floor": self._floor,
            "shown": self._shown,
        }
        self._positions.replace_one({"_id": self._window.name}, position, upsert=True)

    def _prune(self, figures: WindowFigures) -> None:
        pruned = figures.pruned_before_us, figures.pruned_change
        if pruned[0] is not None and pruned != self._pruned:
            # MongoDB has milliseconds: a microsecond after a start is that start.
            newest = {"$lte": instant(pruned[0] - 1)}
            self._rows.delete_many({self._window.start_column: newest, CHANGE: {"$lte": pruned[1]}})
            self._pruned = pruned
