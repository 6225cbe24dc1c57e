"""From a question about a window to a query that an index serves, in the index's order. No I/O.

Rows are in the order of their start, and of one start in that of their keys as JSON text (`_id`):
what a revision never changes, so a position in it is stable while rows are revised.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from persistence.api import problems, sealed
from persistence.api.windows.question import WindowQuestion
from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import CHANGE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_decoder = msgspec.msgpack.Decoder(tuple[int, str])


class Query(NamedTuple):
    """What to ask of the window's collection; `hint` is the name of the index."""

    filter: Document
    sort: dict[str, int]
    hint: str


def rows_query(window: Window, question: WindowQuestion) -> Query:
    """The query of a page; raises ProblemError for a wrong cursor."""
    start = window.start_column
    matched = _keys(question)
    times: Document = {}
    if question.first is not None:
        times["$gte"] = question.first
    if question.end is not None:
        times["$lt"] = question.end
    hint = f"by_{next(iter(question.keys))}" if question.keys else "by_time"
    sort = {start: 1, "_id": 1}
    if question.cursor is None:
        return Query(matched | ({start: times} if times else {}), sort, hint)
    at, last = _position(window, question)
    # Each branch is one range of the index: MongoDB merges them in order.
    branches = [
        {**matched, start: at, "_id": {"$gt": last}},
        {**matched, start: {**times, "$gt": at}},
    ]
    for branch in branches:
        if isinstance(branch[start], dict):
            branch[start].pop("$gte", None)
    return Query({"$or": branches}, sort, hint)


def changes_query(question: WindowQuestion, after: tuple[int, str]) -> Query:
    """The rows that changed after a change, and of this one after an `_id`."""
    change, last = after
    ranges: list[Document] = [{CHANGE: {"$gt": change}}]
    if last:
        ranges.insert(0, {CHANGE: change, "_id": {"$gt": last}})
    matched = _keys(question)
    found = [{**each, **matched} for each in ranges]
    return Query(
        found[0] if len(found) == 1 else {"$or": found}, {CHANGE: 1, "_id": 1}, "by_change"
    )


def cursor_text(window: Window, question: WindowQuestion, last: Document) -> str:
    """The cursor with which the question goes on after a document."""
    start: Any = last
    for level in window.start_column.split("."):
        start = start[level]
    payload = sealed.encode(((start - _EPOCH) // _MILLISECOND, last["_id"]))
    return sealed.seal(payload, _asked(window, question))


def _position(window: Window, question: WindowQuestion) -> tuple[datetime, str]:
    payload = sealed.opened(question.cursor or "", _asked(window, question))
    try:
        milliseconds, last = _decoder.decode(payload)
        return _EPOCH + timedelta(milliseconds=milliseconds), last
    except (msgspec.DecodeError, OverflowError) as error:
        raise problems.wrong_cursor() from error


def _asked(window: Window, question: WindowQuestion) -> Any:
    keys = {name: [str(value) for value in values] for name, values in question.keys.items()}
    return [
        window.name,
        question.first and question.first.isoformat(),
        question.end and question.end.isoformat(),
        sorted(keys.items()),
    ]


def _keys(question: WindowQuestion) -> Document:
    matched: Document = {}
    for name, values in question.keys.items():
        kept = [window_documents.stored(value) for value in values]
        matched[name] = kept[0] if len(kept) == 1 else {"$in": kept}
    return matched
