"""The SQL that counts a window: partial figures of any part of the events, which can be merged.

The text runs on DuckDB and on Spark SQL over a table of the stream's name, with the columns of
`columns` and `received`. Times are microseconds, so a window begins at `t - t % size`.
"""

from collections.abc import Sequence

from tillstream.streams.changes import SIGN
from tillstream.streams.definition import Measure, Stream, Window

#: Of a partial row: when its window begins, and how many events it has.
WINDOW_START = "window_start"
EVENTS = "events"
#: Of a row of distinct values.
VALUE = "value"


def partial(window: Window, stream: Stream) -> str:
    """Columns: window_start, the keys, the merged measures, events; one row for each window and
    keys that have an event. Changes count by their sign.
    """
    sign = SIGN if stream.has_changes else ""
    figures = [f"{_merged(measure, sign)} AS {measure.name}" for measure in window.merged]
    return _grouped(window, stream, [*figures, f"{_count('*', sign)} AS {EVENTS}"])


def distinct_values(window: Window, stream: Stream, measure: Measure) -> str:
    """Columns: window_start, the keys, value; each value that is not null once."""
    return _grouped(window, stream, [], [f"{measure.argument} AS {VALUE}"], measure.argument)


def _grouped(
    window: Window,
    stream: Stream,
    figures: Sequence[str],
    more: Sequence[str] = (),
    not_null: str = "",
) -> str:
    time = window.time or stream.time_column
    start = f"({time}) - ({time}) % {window.size_us}"
    columns = [f"{start} AS {WINDOW_START}", *(f"{key.sql} AS {key.name}" for key in window.keys)]
    groups = [start, *(key.sql for key in window.keys)]
    if not_null:
        columns += more
        groups.append(not_null)
    # What only becomes final changes no figure.
    some = f"{SIGN} <> 0" if stream.has_changes else ""
    texts = (window.where, not_null and f"{not_null} IS NOT NULL", some)
    conditions = [f"({text})" for text in texts]
    where = " AND ".join(text for text in conditions if text != "()")
    return (
        f"SELECT {', '.join([*columns, *figures])} FROM {stream.name}"  # noqa: S608 - declared SQL
        + (f" WHERE {where}" if where else "")
        + f" GROUP BY {', '.join(groups)}"
    )


def _merged(measure: Measure, sign: str) -> str:
    match measure.kind:
        case "count":
            return _count(measure.argument, sign)
        case "sum":
            value = f"{sign} * ({measure.argument})" if sign else measure.argument
            return f"CAST(coalesce(sum({value}), 0) AS BIGINT)"
        case "min" | "max":
            return f"{measure.kind}({measure.argument})"
        case "distinct":
            raise ValueError(f"{measure.name} is counted by its values")


def _count(argument: str, sign: str) -> str:
    if not sign:
        return f"count({argument})"
    value = sign if argument == "*" else f"CASE WHEN ({argument}) IS NULL THEN 0 ELSE {sign} END"
    return f"CAST(coalesce(sum({value}), 0) AS BIGINT)"
