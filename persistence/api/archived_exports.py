"""An export across the tiers: both in one order, made while it is sent, a batch of each in hand."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from persistence.api import problems
from persistence.api.archived_sql import DOCUMENT, Days, condition, days_of, document, order
from persistence.api.merging import merged, placing
from persistence.api.queries import Query
from persistence.api.source import EXPORT_SECONDS, Source
from tillstream.archive import Document
from tillstream.clock import AROUND

if TYPE_CHECKING:
    import pyarrow as pa

    from persistence.api.analytic_archive import AnalyticArchive, Session

#: Days of stores that are sorted at once.
WINDOW_DAYS = 7
#: Under this a document has its row, where a file of rows is made: a batch of Arrow, and the
#: number of the row in it.
ROW = "row"

_ROW = "*, key AS _id, businessDay::VARCHAR AS businessDayText"


class Window(NamedTuple):
    """A part of an export, before those that follow it: some files, and their times."""

    days: list[date]
    start: datetime | None = None
    stop: datetime | None = None


@asynccontextmanager
async def across(
    source: Source, analytic: "AnalyticArchive", query: Query, fields: Iterable[str], size: int
) -> AsyncGenerator[AsyncGenerator[list[Document]]]:
    """Every document of a query, about `size` at a time; what is open ends with the block."""
    span = days_of(query.filter)
    days = await analytic.only_there(span)
    async with AsyncExitStack() as stack:
        batches = await stack.enter_async_context(source.batches(query, fields, size))
        if days:
            session = await stack.enter_async_context(analytic.session(counted=False))
            archived = _archived(session, analytic, query, days, size, rows="raw" in fields)
            rest = await stack.enter_async_context(aclosing(_unknown(source, archived)))
            batches = _merged(batches, rest, query)
        whole = _whole(batches, analytic, span, days)
        yield await stack.enter_async_context(aclosing(whole))


async def _whole(
    batches: AsyncGenerator[list[Document]],
    analytic: "AnalyticArchive",
    span: Days,
    days: list[date],
) -> AsyncGenerator[list[Document]]:
    async with aclosing(batches):
        async for batch in batches:
            yield batch
    # A file that has lost a part of its days to the other tier must not look whole.
    if await analytic.only_there(span) != days:
        raise problems.busy("exports")


async def _merged(
    in_mongo: AsyncGenerator[list[Document]], archived: AsyncGenerator[list[Document]], query: Query
) -> AsyncGenerator[list[Document]]:
    place = placing(query.sort)
    one: list[Document] = await anext(in_mongo, [])
    other: list[Document] = await anext(archived, [])
    while one or other:
        end = min(place(each[-1]) for each in (one, other) if each)
        yield merged(
            (each for each in one if place(each) <= end),
            (each for each in other if place(each) <= end),
            place,
        )
        one = [each for each in one if place(each) > end] or await anext(in_mongo, [])
        other = [each for each in other if place(each) > end] or await anext(archived, [])


async def _unknown(
    source: Source, archived: AsyncGenerator[list[Document]]
) -> AsyncGenerator[list[Document]]:
    """What MongoDB has not, of batches."""
    async with aclosing(archived):
        async for batch in archived:
            known = await source.known([each["_id"] for each in batch])
            if rest := [each for each in batch if each["_id"] not in known]:
                yield rest


async def _archived(
    session: "Session",
    analytic: "AnalyticArchive",
    query: Query,
    days: list[date],
    size: int,
    *,
    rows: bool,
) -> AsyncGenerator[list[Document]]:
    for window in windows(days, by_day="businessDay" in query.sort):
        matched = condition(query.filter)
        if window.start is not None and window.stop is not None:
            matched += f" AND {condition({'date': {'$gte': window.start, '$lt': window.stop}})}"
        sql = (
            f"SELECT {_ROW if rows else DOCUMENT} FROM {analytic.relation(window.days)}"  # noqa: S608
            f" WHERE {matched} ORDER BY {order(query.sort)}"
        )
        reader = await session.run(
            lambda connection, sql=sql: connection.sql(sql).to_arrow_reader(size),  # type: ignore[misc]
            EXPORT_SECONDS,
        )
        while True:
            read = await session.run(
                lambda _, reader=reader: _read(reader, rows=rows),  # type: ignore[misc]
                EXPORT_SECONDS,
            )
            if read is None:
                break
            for begin in range(0, len(read), size):
                yield read[begin : begin + size]


def windows(days: list[date], *, by_day: bool) -> Iterator[Window]:
    """Parts of an export, oldest first, each of few days."""
    if by_day:
        yield from (Window([day]) for day in days)
        return
    step, one = timedelta(days=WINDOW_DAYS), timedelta(days=1)
    day = max(days[0], date.min + 2 * AROUND) - AROUND
    while day <= min(days[-1], date.max - 2 * step) + AROUND + one:
        if near := [each for each in days if day - AROUND - one <= each <= day + step + AROUND]:
            yield Window(near, _begin(day), _begin(day + step))
        day += step


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _read(reader: "pa.RecordBatchReader", *, rows: bool) -> list[Document] | None:
    try:
        batch = reader.read_next_batch()
    except StopIteration:
        return None
    if not rows:
        return [document(row) for row in batch.to_pylist()]
    columns = (batch.column(name).to_pylist() for name in ("_id", "date", "businessDayText"))
    return [
        {"_id": key, "date": date, "businessDay": day, ROW: (batch, number)}
        for number, (key, date, day) in enumerate(zip(*columns, strict=True))
    ]
