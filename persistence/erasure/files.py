"""Erases a customer from the Parquet files: each day that names it is written again, proved."""

from collections.abc import Callable
from datetime import date, datetime

from persistence.erasure.audit import Record
from persistence.parquet import engine
from persistence.parquet.writing import Writing
from tillstream import query_engine


def erase_from_files(
    writing: Writing, customer: str, record: Record, go_on: Callable[[], None]
) -> None:
    """Write every day without the customer; raises DayDiffersError, that day being as it was.

    `go_on` is called before each.
    """
    for day in _days(writing, customer, record.started_at):
        go_on()
        record.add_day(day)
        with query_engine.engine(writing.storage) as connection:
            archived = writing.manifest.days[day]
            before = engine.files_sql(writing.storage, [archived])
            # Materialised: a parameter is bound once, and the rows are read twice.
            connection.execute(
                f"""
                CREATE TEMP TABLE anonymous AS SELECT * REPLACE (
                    CASE WHEN customer = $customer AND receivedAt < $before THEN NULL
                    ELSE customer END AS customer
                ) FROM {before}
                """,  # noqa: S608 - a file of the manifest
                {"customer": customer, "before": record.started_at},
            )
            writing.put(connection, day, "anonymous", as_before=before)


def _days(writing: Writing, customer: str, before: datetime) -> list[date]:
    with query_engine.engine(writing.storage) as connection:
        every = engine.files_sql(writing.storage, writing.manifest.archived())
        found = connection.execute(
            f"SELECT DISTINCT businessDay FROM {every}"  # noqa: S608 - files of the manifest
            " WHERE customer = $customer AND receivedAt < $before ORDER BY 1",
            {"customer": customer, "before": before},
        ).fetchall()
    return [day for (day,) in found]
