"""Rows of the analytic archive as documents, in the order of a page."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from persistence.api.archived_sql import DOCUMENT, beside, condition, document, order
from persistence.api.merging import placing
from persistence.api.queries import Query
from tillstream.archive import Document
from tillstream.clock import AROUND

if TYPE_CHECKING:
    import duckdb

    from persistence.api.analytic_archive import AnalyticArchive, Session

#: Files that are looked through at first; then four times as many.
FIRST_FILES = 4


async def first(
    session: "Session",
    analytic: "AnalyticArchive",
    query: Query,
    days: list[date],
    limit: int,
    seconds: float,
) -> list[Document]:
    """The first `limit` documents of a query in the files of days, which are in its order."""
    place, found = placing(query.sort), list[Document]()
    position, files = 0, FIRST_FILES
    while position < len(days):
        relation = analytic.relation(days[position : position + files])
        of_files = await session.run(
            lambda connection, relation=relation: _first(connection, relation, query, limit),  # type: ignore[misc]
            seconds,
        )
        found = sorted([*found, *of_files], key=place)[:limit]
        position, files = position + files, files * 4
        if (
            len(found) == limit
            and position < len(days)
            and _beyond(query, found[-1], days[position])
        ):
            break
    return found


def rows(connection: "duckdb.DuckDBPyConnection", relation: str, selected: str) -> list[Document]:
    """The rows of a relation as documents; `selected` is what follows WHERE."""
    reader = connection.sql(f"SELECT {DOCUMENT} FROM {relation} WHERE {selected}")  # noqa: S608 - ours
    return [document(row) for row in reader.to_arrow_table().to_pylist()]


def _first(
    connection: "duckdb.DuckDBPyConnection", relation: str, query: Query, limit: int
) -> list[Document]:
    ordered = f"ORDER BY {order(query.sort)} LIMIT {limit}"
    # Whole rows are read of those alone that are in the page.
    found: list[tuple[Any, ...]] = connection.sql(
        f"SELECT key, date, businessDay FROM {relation}"  # noqa: S608 - ours
        f" WHERE {condition(query.filter)} {ordered}"
    ).fetchall()
    if not found:
        return []
    keys, times, days = zip(*found, strict=True)
    page: Document = {
        "businessDay": {"$gte": min(days).isoformat(), "$lte": max(days).isoformat()},
        "date": {"$gte": min(times), "$lte": max(times)},
        "_id": {"$in": list(keys)},
    }
    return rows(connection, relation, f"{condition(page)} {ordered}")


def _beyond(query: Query, last: Document, following: date) -> bool:
    """Whether nothing of a following day, nor of those after it, goes before a document."""
    if "businessDay" in query.sort:
        return True
    around = AROUND + timedelta(days=1)
    if query.sort["date"] < 0:
        return following < beside(last["date"], -around)
    return following > beside(last["date"], around)
