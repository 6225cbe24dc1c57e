"""The newest minutes of a window as sums, one row for each of its keys."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from persistence.api.windows.queries import Query, rows_query
from persistence.api.windows.question import WindowQuestion
from persistence.api.windows.source import WindowSource
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.http.problems import ProblemError
from tillstream.streams import window_documents
from tillstream.streams.definition import Window
from tillstream.streams.sliding_sums import NotSummableError, SlidingSums

#: Rows that are added up for one answer.
MAX_ROWS = 20_000


def sums_of(window: Window, minutes: int) -> SlidingSums:
    """Raises ProblemError where the rows do not add up."""
    try:
        return SlidingSums(window, minutes)
    except NotSummableError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-summable", str(error)) from error


async def answer(
    window: Window,
    sums: SlidingSums,
    question: WindowQuestion,
    source: WindowSource,
    clock: Clock,
) -> bytes:
    """`from`, `to` and `items` as JSON; raises ProblemError."""
    now = datetime.fromtimestamp(clock(), UTC)
    start = window.start_column
    newest = Query({start: {"$lte": now}}, {start: -1, "_id": -1}, "by_time")
    found = await source.documents(window, newest, 1)
    first, end = sums.bounds(_start(window, found[0]) if found else None, now)
    query = rows_query(window, question._replace(first=first, end=end))
    rows = await source.documents(window, query, MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "too-many-rows",
            f"There are more than {MAX_ROWS:,} rows of {window.name} in these minutes; ask for"
            " fewer minutes, or for some values of a key.",
        )
    items = sums.of(map(window_documents.row, rows))
    return msgspec.json.encode({"from": first, "to": end, "items": items})


def _start(window: Window, document: Document) -> datetime:
    found: Any = document
    for level in window.start_column.split("."):
        found = found[level]
    start: datetime = found
    return start
