"""Counts windows again: every event from files and log by one query of DuckDB a window.

What does not fit into memory DuckDB puts on the disk.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from events.archive.pseudonyms import Pseudonyms
from events.windows.figures import WHOLE_MESSAGE, Aside
from tillstream.query_engine import quoted
from tillstream.streams import archived_columns, window_sql
from tillstream.streams.definition import Stream, Window
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import ErasedValue, EventsFile
from tillstream.streams.names import LOG_OFFSET, LOG_ROW

#: Rows that are in Python at once.
BATCH = 10_000
_encode = msgspec.json.Encoder().encode

#: A row as it is compared: start, keys as JSON, its figures as JSON.
Row = tuple[int, str, str]


class StreamRecount:
    """The events of one stream, once, as a relation that windows are counted over."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, stream: Stream) -> None:
        self._database = connection
        self.stream = stream
        self._tail = f"tail_{stream.name}"
        #: The relation of all events, those that are set aside too, once it is open.
        self.everything = f"all_{stream.name}"
        names = [field.name for field in archived_columns.schema(stream)]
        self._columns = ", ".join(names)
        empty = archived_columns.counted(
            stream, pa.RecordBatch.from_pylist([], archived_columns.schema(stream))
        )
        connection.register("empty", pa.table(empty))
        connection.execute(f"CREATE OR REPLACE TABLE {self._tail} AS FROM empty")
        connection.execute("CREATE TABLE IF NOT EXISTS aside (stream VARCHAR, o BIGINT, r BIGINT)")
        connection.unregister("empty")

    def add(self, archived: pa.RecordBatch) -> None:
        """Events that are in the log only, as columns of a file."""
        part = pa.table(archived_columns.counted(self.stream, archived))
        self._database.register("part", part)
        self._database.execute(f"INSERT INTO {self._tail} FROM part")
        self._database.unregister("part")

    def add_counted(self, events: pa.Table) -> None:
        """Events that are in the log only, with the columns that are counted."""
        self._database.register("part", events)
        self._database.execute(f"INSERT INTO {self._tail} BY NAME FROM part")
        self._database.unregister("part")

    def open(
        self,
        files: EventsFiles | None,
        some: Sequence[EventsFile],
        before: int,
        aside: Sequence[Aside],
        unfinished: Sequence[ErasedValue] = (),
        pseudonyms: Pseudonyms | None = None,
    ) -> tuple[int, int, int]:
        """Make the relation; returns how many events are in files, in the log, and set aside.

        `unfinished` are erasures that the state has, and the files not yet.
        """
        ours = [
            (self.stream.name, one.offset, one.row)
            for one in aside
            if one.stream == self.stream.name
        ]
        if ours:
            self._database.executemany("INSERT INTO aside VALUES (?, ?, ?)", ours)
        sources = [f"SELECT {self._columns} FROM {self._tail}"]  # noqa: S608 - declared names
        if files is not None and some:
            counted = files.counted_sql(self.stream, some)
            for each in unfinished:
                if pseudonyms is not None:
                    counted = self._erased(counted, each, pseudonyms)
            sources.append(f"SELECT {self._columns} FROM ({counted}) WHERE {LOG_OFFSET} < {before}")  # noqa: S608
        self._database.execute(
            f"CREATE OR REPLACE VIEW {self.everything} AS {' UNION ALL '.join(sources)}"
        )
        name = self.stream.name
        where = ""
        if ours:
            left_out = f"FROM aside WHERE stream = '{name}'"
            where = (
                f" WHERE ({LOG_OFFSET}, {LOG_ROW}) NOT IN (SELECT (o, r) {left_out})"
                f" AND {LOG_OFFSET} NOT IN (SELECT o {left_out} AND r = {WHOLE_MESSAGE})"
            )
        self._database.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {self.everything}{where}"  # noqa: S608
        )
        in_log = self._number(f"SELECT count(*) FROM {self._tail}")  # noqa: S608
        every = self._number(f"SELECT count(*) FROM {self.everything}")  # noqa: S608
        counted_ = self._number(f"SELECT count(*) FROM {self.stream.name}")  # noqa: S608
        return every - in_log, in_log, every - counted_

    def rows(self, window: Window) -> Iterator[Row]:
        """Every row of a window, in no order."""
        keys = len(window.keys)
        # Of its own: what is read of it is written to a table of the other meanwhile.
        found = self._database.cursor().execute(self._sql(window))
        while part := found.fetchmany(BATCH):
            for start, *values in part:
                # A time that is null is in no row.
                if start is not None:
                    yield start, text(values[:keys]), figures(values[keys:])

    def _erased(self, counted: str, each: ErasedValue, pseudonyms: Pseudonyms) -> str:
        """The relation without the value, which is known by its digest alone."""
        if each.characters:
            # Of a text within a text no window depends on more than which are the same.
            return counted
        ours = f"{LOG_OFFSET} < {each.before_offset}"
        found = self._database.cursor().execute(
            f"SELECT DISTINCT {each.field} FROM ({counted})"  # noqa: S608 - declared names
            f" WHERE {ours} AND {each.field} IS NOT NULL"
        )
        while part := found.fetchmany(BATCH):
            for (value,) in part:
                if pseudonyms.digest(each.field, value) != each.digest:
                    continue
                stands = pseudonyms.of(each.field, value, each.before_offset)
                has = f"{ours} AND {each.field} = {_literal(value)}"
                return (
                    f"SELECT * REPLACE (CASE WHEN {has} THEN {_literal(stands)}"  # noqa: S608 - quoted
                    f" ELSE {each.field} END AS {each.field}) FROM ({counted})"
                )
        return counted

    def _sql(self, window: Window) -> str:
        names = [key.name for key in window.keys]
        sql = f"SELECT p.{window_sql.WINDOW_START}{''.join(f', p.{name}' for name in names)}"
        sql += ", p.events" + "".join(f", p.{one.name}" for one in window.merged)
        sql += "".join(f", coalesce(d{n}.n, 0)" for n in range(len(window.distinct)))
        sql += f" FROM ({window_sql.partial(window, self.stream)}) p"
        for number, measure in enumerate(window.distinct):
            values = window_sql.distinct_values(window, self.stream, measure)
            by = [window_sql.WINDOW_START, *names]
            same = " AND ".join(f"p.{name} IS NOT DISTINCT FROM d{number}.{name}" for name in by)
            grouped = f"SELECT {', '.join(by)}, count(*) AS n FROM ({values}) GROUP BY ALL"  # noqa: S608
            sql += f" LEFT JOIN ({grouped}) d{number} ON {same}"
        return sql

    def _number(self, sql: str) -> int:
        [(number,)] = self._database.execute(sql).fetchall()
        return int(number)


def text(values: Sequence[Any]) -> str:
    """Keys as the state has them."""
    return _encode(list(values)).decode()


def _literal(value: int | str) -> str:
    return quoted(value) if isinstance(value, str) else str(value)


def figures(values: Sequence[Any]) -> str:
    """Figures as they are compared: SQLite has no booleans."""
    return text([int(one) if isinstance(one, bool) else one for one in values])
