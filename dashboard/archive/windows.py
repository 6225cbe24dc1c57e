"""Rows of the windows that are declared, as the page Explore shows them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from pymongo import MongoClient
from pymongo.collection import Collection

from dashboard.archive.connection import QUERY_TIMEOUT_MS, answering
from dashboard.state.windows_heard import Heard, WindowsHeard
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.streams import window_documents
from tillstream.streams.definition import Definitions, Window
from tillstream.streams.key_values import value_of
from tillstream.streams.window_rows import CHANGE, FINAL, LATE, REVISION, json_value

#: Rows of one answer, the newest: a page draws no more, and says that there are more.
MAX_ROWS = 5_000
#: Beyond it a browser's numbers are rounded: such a figure travels as text.
MAX_EXACT = 2**53 - 1


class NoWindowError(TillstreamError):
    """No window of this name is declared."""


class Asked(NamedTuple):
    """Rows that begin in [first, end), Unix seconds, or in the last seconds that there are.

    With `since`, only those that changed after that change.
    """

    window: str
    first: float | None = None
    end: float | None = None
    last: float | None = None
    since: int | None = None
    #: Texts of keys; "" is the rows of events without one.
    keys: Mapping[str, str] = {}


class WindowRows(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Rows as id, start and end (Unix seconds), keys, figures, revision, late, final."""

    rows: list[list[Any]]
    #: What to ask on from; 0 while there is no row.
    change: int
    #: Whether there are more rows than these, or more changed: then all are asked for anew.
    more: bool
    read_at: float
    heard: Heard | None


class WindowsState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was heard of each window."""

    read_at: float
    windows: dict[str, Heard]


class Windows:
    """Asks MongoDB for rows; safe to call from several threads."""

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        definitions: Definitions,
        heard: WindowsHeard,
        clock: Clock,
    ) -> None:
        self._client = client
        self._database = database
        self._definitions = definitions
        self._heard = heard
        self._clock = clock

    def state(self) -> WindowsState:
        """What was heard of each window."""
        return WindowsState(read_at=self._clock(), windows=self._heard.heard())

    def rows(self, asked: Asked) -> WindowRows:
        """Raises NoWindowError, ValueError for a value that no key has, and ArchiveAwayError."""
        window = self._definitions.windows.get(asked.window)
        if window is None:
            raise NoWindowError(asked.window)
        matched = _matched(window, asked)
        collection = self._client[
            window_documents.database_name(window, self._database)
        ].get_collection(
            window_documents.collection_name(window), codec_options=window_documents.OPTIONS
        )
        with answering():
            change, found = _read(collection, window, asked, matched)
        return WindowRows(
            rows=[_row(window, each) for each in found[:MAX_ROWS]],
            change=int(change),
            more=len(found) > MAX_ROWS,
            read_at=self._clock(),
            heard=self._heard.heard().get(window.name),
        )


def _read(
    collection: Collection[Document], window: Window, asked: Asked, matched: Document
) -> tuple[int, list[Document]]:
    def find(matching: Document, sort: dict[str, int], limit: int) -> list[Document]:
        return list(
            collection.find(
                matching, sort=sort, limit=limit, max_time_ms=QUERY_TIMEOUT_MS, batch_size=limit + 1
            )
        )

    start = window.start_column
    if asked.since is not None:
        changed = {CHANGE: {"$gt": asked.since}}
        found = find(matched | changed, {CHANGE: 1, "_id": 1}, MAX_ROWS + 1)
        return max([asked.since, *(each[CHANGE] for each in found)]), found
    # Before the rows: what changes meanwhile is asked for the next time.
    newest = find({}, {CHANGE: -1, "_id": -1}, 1)
    order = {start: -1, "_id": -1}
    if asked.last is not None and (last := find(matched, order, 1)):
        after = value_at(last[0], start) - timedelta(seconds=asked.last)
        matched = matched | {start: {"$gt": after}}
    found = find(matched, order, MAX_ROWS + 1)
    return (newest[0][CHANGE] if newest else 0), found


def _matched(window: Window, asked: Asked) -> Document:
    matched: Document = {}
    own = {key.name: key for key in window.keys}
    for name, text in asked.keys.items():
        if name not in own:
            raise ValueError(f"{name[:64]!r} is no key of {window.name}")
        matched[name] = window_documents.stored(value_of(own[name], text))
    times = {
        sign: datetime.fromtimestamp(at, UTC)
        for sign, at in (("$gte", asked.first), ("$lt", asked.end))
        if at is not None
    }
    return matched | ({window.start_column: times} if times else {})


def figures(window: Window) -> list[str]:
    """The names of a row's figures, in their order."""
    shown = [measure.name for measure in window.measures if not measure.hidden]
    return [*shown, *(column.name for column in window.columns)]


def _row(window: Window, document: Document) -> list[Any]:
    names = [*(key.name for key in window.keys), *figures(window), REVISION, LATE, FINAL]
    row = window_documents.row(document)
    bounds = [value_at(row, name).timestamp() for name in (window.start_column, window.end_column)]
    return [document["_id"], *bounds, *(_shown(row.get(name)) for name in names)]


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """What stands in a row or document under a name, whose dots are levels."""
    found: Any = row
    for level in path.split("."):
        found = found[level]
    return found


def _shown(value: Any) -> Any:
    value = json_value(value)
    if isinstance(value, int) and abs(value) > MAX_EXACT:
        return str(value)
    return value
