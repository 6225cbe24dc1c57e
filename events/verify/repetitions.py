"""Finds events that are counted and archived although their identity came before."""

from collections.abc import Iterator
from typing import NamedTuple

import duckdb

from events.verify.report import Difference
from tillstream.streams.definition import Stream
from tillstream.streams.names import BODY, CLOUDEVENT, LOG_OFFSET, LOG_ROW, RECEIVED

_DAY_US = 86_400_000_000


class Repetitions(NamedTuple):
    """Of one day that events were received on: how many events came again, and one of them."""

    what: str
    day: str
    events: int
    #: Position and row of the first of them, and of where it came before.
    again: tuple[int, int]
    before: tuple[int, int]

    def difference(self, stream: str) -> Difference:
        """As it is named."""
        return Difference(
            f"stream {stream}: repetitions of {self.what}",
            self.day,
            "",
            f"{self.events}, such as position {self.again[0]}, row {self.again[1]}, that came"
            f" at position {self.before[0]}, row {self.before[1]}",
        )


def repetitions(
    connection: duckdb.DuckDBPyConnection, stream: Stream, relation: str, days: int
) -> Iterator[Repetitions]:
    """By the columns that tell repetitions, as deduplication does, and by day.

    `days` are those that an identity is kept for: what comes again later counts. Values that come
    once are told apart by a hash of 8 bytes, which DuckDB puts on the disk as far as it has to.
    """
    # The rows of one body in one message count or not together.
    bodies = (
        f"SELECT {BODY}, {LOG_OFFSET}, min({LOG_ROW}) AS {LOG_ROW},"  # noqa: S608 - ours
        f" min({RECEIVED}) AS {RECEIVED}, count(*) AS events FROM {relation}"
        f" WHERE {BODY} IS NOT NULL GROUP BY {BODY}, {LOG_OFFSET}"
    )
    all_events = f"SELECT *, 1 AS events FROM {relation}"  # noqa: S608 - ours
    named = f"{all_events} WHERE {CLOUDEVENT} IS NOT NULL"
    asked: dict[str, tuple[tuple[str, ...], str]] = {
        BODY: ((BODY,), bodies),
        CLOUDEVENT: ((CLOUDEVENT,), named),
    }
    if stream.identity:
        asked[", ".join(stream.identity)] = (stream.identity, all_events)
    for what, (columns, places) in asked.items():
        for day, events, again, again_row, before, before_row in connection.execute(
            _sql(columns, places), [days]
        ).fetchall():
            yield Repetitions(what, str(day), events, (again, again_row), (before, before_row))


def _sql(columns: tuple[str, ...], events: str) -> str:
    names = ", ".join(columns)
    place = f"struct_pack(o := {LOG_OFFSET}, r := {LOG_ROW})"
    return (
        f"WITH places AS ({events}), repeated AS ("  # noqa: S608 - names of the definition
        f"SELECT hash({names}) AS h FROM places GROUP BY h HAVING count(*) > 1),"
        f" each_place AS (SELECT {place} AS again, events, {RECEIVED} // {_DAY_US} AS day,"
        f" lag({place}) OVER same AS before, lag({RECEIVED} // {_DAY_US}) OVER same AS before_day"
        f" FROM places WHERE hash({names}) IN (SELECT h FROM repeated)"
        f" WINDOW same AS (PARTITION BY {names} ORDER BY {LOG_OFFSET}, {LOG_ROW})),"
        " by_day AS (SELECT day, sum(events)::BIGINT AS n, min(again) AS again,"
        " arg_min(before, again) AS before FROM each_place"
        " WHERE before IS NOT NULL AND day - before_day < ? GROUP BY day)"
        " SELECT make_timestamp(day * 86400000000)::DATE, n, again.o, again.r, before.o, before.r"
        " FROM by_day ORDER BY day"
    )
