"""The newest minutes of a window as one row for each of its keys: sums of rows that are counted.

Exact, because a measure of a part and one of another part merge to that of both. What was counted
by distinct values does not, and is refused. Columns are computed anew of the merged measures.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tillstream.errors import TillstreamError
from tillstream.streams.definition import Key, Measure, Window
from tillstream.streams.engine_settings import settings
from tillstream.streams.window_rows import instant, microseconds, plain_figure, read_value

_MINUTE_US = 60_000_000
_TEXT = re.compile(r"'[^']*'")
_TYPES = {
    "integer": "BIGINT",
    "timestamp": "BIGINT",
    "decimal": "BIGINT",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
}
#: What DuckDB may hold of one answer, bytes.
_MEMORY_BYTES = 64_000_000


class NotSummableError(TillstreamError):
    """A window whose rows do not add up, in one line that says why."""


class SlidingSums:
    """Sums of one window's rows over `minutes`, which move with time."""

    def __init__(self, window: Window, minutes: int) -> None:
        """Raises NotSummableError."""
        if window.distinct:
            raise NotSummableError(
                f"{window.distinct[0].name} of {window.name} counts distinct values, which do not"
                " add up; ask for the rows, or declare a window of that size"
            )
        if minutes * _MINUTE_US % window.size_us:
            raise NotSummableError(
                f"a row of {window.name} is {timedelta(microseconds=window.size_us)} wide;"
                f" {minutes} minutes are not whole rows"
            )
        hidden = {measure.name for measure in window.measures if measure.hidden}
        for column in window.columns:
            used = hidden & set(re.findall(r"\w+", _TEXT.sub("", column.sql)))
            if used:
                raise NotSummableError(
                    f"{column.name} of {window.name} is made of {min(used)}, which is hidden and"
                    " not kept beside the rows; declare it without hidden"
                )
        self._window = window
        self._length_us = minutes * _MINUTE_US

    def bounds(self, newest: datetime | None, now: datetime) -> tuple[datetime, datetime]:
        """Of which rows the sums are: those that begin in [first, end).

        `newest` is when the newest row begins that does so at `now` or before: what is dated in the
        future moves nothing.
        """
        last = microseconds(min(newest or now, now))
        end = last - last % self._window.size_us + self._window.size_us
        return instant(end - self._length_us), instant(end)

    def of(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One row for each of the keys, under the definition's names, in the order of the keys.

        `rows` are those of window_documents.row, of the bounds alone.
        """
        window = self._window
        shown = [measure for measure in window.measures if not measure.hidden]
        sums: dict[tuple[Any, ...], list[Any]] = {}
        for row in rows:
            keys = tuple(_counted(key, row.get(key.name)) for key in window.keys)
            figures = [_counted(measure, row.get(measure.name)) for measure in shown]
            before = sums.get(keys)
            sums[keys] = figures if before is None else list(map(_merged, shown, before, figures))
        found = sorted(sums.items(), key=lambda each: [(one is not None, one) for one in each[0]])
        values = [[*keys, *figures] for keys, figures in found]
        named: list[Key | Measure] = [*window.keys, *shown]
        return [
            {
                **{
                    each.name: plain_figure(read_value(value, each.read_as, each.scale))
                    for each, value in zip(named, row, strict=True)
                },
                **more,
            }
            for row, more in zip(values, self._columns(named, values), strict=True)
        ]

    def _columns(
        self, named: Sequence[Key | Measure], rows: Sequence[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        if not self._window.columns or not rows:
            return [{}] * len(rows)
        # 60 MB of memory that only windows with columns are worth.
        import _duckdb as duckdb

        lists = ", ".join(f'unnest(?::{_TYPES[each.read_as]}[]) AS "{each.name}"' for each in named)
        texts = ", ".join(f'({column.sql}) AS "{column.name}"' for column in self._window.columns)
        sql = f"SELECT {texts} FROM (SELECT {lists})"  # noqa: S608 - declared SQL
        names = [column.name for column in self._window.columns]
        with closing(duckdb.connect(":memory:", config=settings(_MEMORY_BYTES))) as connection:

            def computed(some: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
                values = [list(column) for column in zip(*some, strict=True)]
                try:
                    found = connection.execute(sql, values).fetchall()
                except duckdb.Error:
                    if len(some) == 1:
                        # As in a row of the window: what cannot be computed is null.
                        return [dict.fromkeys(names)]
                    return [one for row in some for one in computed([row])]
                return [
                    dict(zip(names, map(plain_figure, figures), strict=True)) for figures in found
                ]

            return computed(rows)


def _counted(named: Key | Measure, value: Any) -> Any:
    """A figure as it was counted: a number, text or None."""
    match value:
        case Decimal():
            return int(value.scaleb(named.scale))
        case datetime():
            return microseconds(value)
        case _:
            return value


def _merged(measure: Measure, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    match measure.kind:
        case "min":
            return min(one, other)
        case "max":
            return max(one, other)
        case _:
            return one + other
