"""Rows of one window of the online shop: the spans read once, then what changed of them."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection

from dashboard.archive.windows import value_at
from dashboard.state.minute_sums import MinuteSums, Row, Span
from dashboard.state.online_panels import shown
from tillstream.archive import Document
from tillstream.errors import TillstreamError
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import CHANGE

#: Longest that MongoDB may work on one question, ms.
QUERY_TIMEOUT_MS = 2_000
#: Rows of a window that are held, and that one look at its changes reads.
MAX_ROWS = 300_000
MAX_CHANGES = 20_000
#: Rows of one commit are stored one after another: a change is read again until it is so old,
#: seconds.
SETTLED_SECONDS = 4.0


class TooManyRowsError(TillstreamError):
    """A window has more rows in the spans than are held."""


def collection(client: MongoClient[Document], archive: str, window: Window) -> Collection[Document]:
    """Where the rows of a window are."""
    database = client[window_documents.database_name(window, archive)]
    return database.get_collection(
        window_documents.collection_name(window), codec_options=window_documents.OPTIONS
    )


class SummedRows:
    """One window, held as MinuteSums; raises PyMongoError and TooManyRowsError."""

    def __init__(
        self, rows: Collection[Document], window: Window, figures: tuple[str, ...]
    ) -> None:
        self._collection = rows
        self._window = window
        self._figures = figures
        self._key = window.keys[0].name if window.keys else None
        self.sums = MinuteSums(len(figures))
        self._last: float = 0
        #: Changes up to this one have been read whole, and when each later one was first seen.
        self._settled = 0
        self._seen: deque[tuple[float, int]] = deque()

    def newest(self, now: float) -> int | None:
        """When the newest row begins that does so at `now` or before; asks MongoDB."""
        start = self._window.start_column
        found = self._collection.find_one(
            {start: {"$lte": datetime.fromtimestamp(now, UTC)}},
            sort={start: -1, "_id": -1},
            max_time_ms=QUERY_TIMEOUT_MS,
        )
        return None if found is None else int(value_at(found, start).timestamp())

    def load(self, spans: Mapping[str, Span], last: float, now: float) -> None:
        """Read all rows of the spans anew; later, changes of rows that begin before `last`."""
        # Before the rows: what changes meanwhile is read as a change.
        newest = self._collection.find_one(
            {}, sort={CHANGE: -1, "_id": -1}, max_time_ms=QUERY_TIMEOUT_MS
        )
        change = int(newest[CHANGE]) if newest else 0
        self._settled, self._seen = change - 1, deque([(now, change)])
        self.sums = MinuteSums(len(self._figures))
        self.sums.move(spans)
        self._last = last
        start = self._window.start_column
        hour, day = spans["hour"], spans["day"]
        for span in (hour, Span(day.first, int(last))):
            found = self._collection.find(
                {start: {"$gte": _time(span.first), "$lt": _time(span.end)}},
                limit=MAX_ROWS + 1,
                max_time_ms=QUERY_TIMEOUT_MS,
            )
            for document in found:
                self._put(document)
            if len(self.sums) > MAX_ROWS:
                raise TooManyRowsError(
                    f"{self._window.name} has more than {MAX_ROWS:,} rows of the day"
                )

    def refresh(self, now: float) -> bool:
        """Read what changed; False when there is more, and all must be read anew."""
        found = list(
            self._collection.find(
                {CHANGE: {"$gt": self._settled}},
                sort={CHANGE: 1, "_id": 1},
                limit=MAX_CHANGES + 1,
                batch_size=MAX_CHANGES + 1,
                max_time_ms=QUERY_TIMEOUT_MS,
            )
        )
        if len(found) > MAX_CHANGES or len(self.sums) > MAX_ROWS:
            return False
        for document in found:
            self._put(document)
        while self._seen and now - self._seen[0][0] >= SETTLED_SECONDS:
            self._settled = self._seen.popleft()[1]
        newest = int(found[-1][CHANGE]) if found else self._settled
        if newest > (self._seen[-1][1] if self._seen else self._settled):
            self._seen.append((now, newest))
        return True

    def _put(self, document: Document) -> None:
        start = int(value_at(document, self._window.start_column).timestamp())
        if start < self._last:
            row = window_documents.row(document)
            key = None if self._key is None else row.get(self._key)
            figures = tuple(row.get(name) or 0 for name in self._figures)
            self.sums.put(document["_id"], Row(start, None if key is None else str(key), figures))


def newest_rows(
    rows: Collection[Document], window: Window, figures: tuple[str, ...], now: float, most: int
) -> tuple[list[list[Any]], bool]:
    """Of the newest time that has rows: start, key, figures; by the first figure, largest first.

    And whether the window has any row.
    """
    start = window.start_column
    last = rows.find_one(
        {start: {"$lte": datetime.fromtimestamp(now, UTC)}},
        sort={start: -1, "_id": -1},
        max_time_ms=QUERY_TIMEOUT_MS,
    )
    if last is None:
        return [], False
    own = {*(each.name for each in window.measures), *(each.name for each in window.columns)}
    by = next((name for name in figures if name in own), figures[0])
    found = rows.find(
        {start: value_at(last, start)},
        sort={by: -1, "_id": 1},
        limit=most,
        max_time_ms=QUERY_TIMEOUT_MS,
    )
    return [_newest(window, figures, window_documents.row(each)) for each in found], True


def _newest(window: Window, figures: tuple[str, ...], row: dict[str, Any]) -> list[Any]:
    key = row.get(window.keys[0].name) if window.keys else None
    begun = int(value_at(row, window.start_column).timestamp())
    return [begun, key, *(_figure(row.get(name)) for name in figures)]


def _figure(value: Any) -> Any:
    # A mean is a binary number in the row: to cents it is what the page shows.
    return f"{value:.2f}" if isinstance(value, float) else shown(value)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
