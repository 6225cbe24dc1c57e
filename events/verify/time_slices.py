"""Slices of time whose events fit into memory."""

from collections.abc import Iterable, Iterator

import duckdb

MINUTE_US = 60_000_000
#: Events of a slice, unless its window has more.
MOST_EVENTS = 200_000


def slices(
    connection: duckdb.DuckDBPyConnection,
    times: str,
    from_us: int,
    before_us: int,
    window_us: int,
    most: int = MOST_EVENTS,
) -> Iterator[tuple[int, int]]:
    """From where to before where each slice goes, microseconds, one after the other.

    `times` is a relation with the column `time`. None is shorter than the window, of which each
    needs the touches before it; so no touch is read more than twice.
    """
    begin, events, last = from_us, 0, None
    for minute, count in _minutes(connection, times, from_us, before_us):
        edge = max(minute, from_us)
        if last is None:
            begin = edge
        elif events + count > most and edge - begin >= window_us:
            yield begin, edge
            begin, events = edge, 0
        events += count
        last = minute
    if last is not None:
        yield begin, min(last + MINUTE_US, before_us)


def _minutes(
    connection: duckdb.DuckDBPyConnection, times: str, from_us: int, before_us: int
) -> Iterable[tuple[int, int]]:
    # One row a minute.
    return connection.execute(
        f"SELECT time // {MINUTE_US} * {MINUTE_US} AS minute, count(*) FROM ({times})"  # noqa: S608 - ours
        f" WHERE time >= {from_us} AND time < {before_us} GROUP BY minute ORDER BY minute"
    ).fetchall()
