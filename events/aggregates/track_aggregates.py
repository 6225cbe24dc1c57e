"""Makes the aggregates of `track`: every row of some hours, with `u_count` and `u_mp_ea`.

The sequence:

1. the state, in one transaction that reads: the watermark has passed the hours, or nothing is made;
   all that follows is at the state's position;
2. the manifest, read after it: which files have events of these hours;
3. from the log what is in no file, each event once by the state's identities;
4. one query over both, and its rows to a file aside, in the order of the log;
5. the file appears, in one step, in the place of the one that had the same name.

The same events make the same bytes.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from events.archive.encoding import ROW_GROUP, TakenEvents, batches, write
from events.erasures import KnownErasures
from events.settings import EventsSettings
from events.verify.log_tail import KnownIdentities, tail
from events.verify.recount import StreamRecount
from events.windows.state_file import State
from events.windows.watermark import watermark
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.file_store import FileStore
from tillstream.query_engine import engine
from tillstream.streams import archived_columns
from tillstream.streams.aggregates_files import (
    COUNT,
    MOST_FREQUENT,
    STREAM,
    AggregatesFiles,
    Bounds,
)
from tillstream.streams.definition import MICROSECONDS, Definitions, Stream
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_log import EventsLog
from tillstream.streams.window_rows import instant, microseconds

#: Messages of the log that are added at once.
MESSAGES = 1_000
#: The columns of the stream that are counted.
USER, ACTION = "user_id", "event_action"


class AggregatesError(TillstreamError):
    """The aggregates cannot be made; the message says why, and nothing was changed."""


class TrackAggregates:
    """Makes files of aggregates, beside a worker that runs, or without one."""

    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        stop: threading.Event,
        clock: Clock,
    ) -> None:
        """Raises AggregatesError where the stream is not declared as it has to be."""
        stream = definitions.events.get(STREAM)
        names = [field.name for field in stream.fields] if stream else []
        if stream is None or USER not in names or ACTION not in names:
            raise AggregatesError(f"no stream {STREAM} with {USER} and {ACTION} is declared")
        self._settings = settings
        self._definitions = definitions
        self._stream = stream
        self._stop = stop
        self._clock = clock
        self.files = AggregatesFiles(settings.archive_url())

    def newest(self, hours: int) -> Bounds | None:
        """The newest hours of the clock that are over; None before the first event."""
        with State(self._settings.state_path(), create=False) as state:
            complete = self._complete_until(state)
        if complete is None:
            return None
        length = timedelta(hours=hours)
        # The last moment is a part of it, so it has to be before what is complete.
        over = microseconds(complete) - 1
        until = instant(over - over % (length // timedelta(microseconds=1)))
        return Bounds(until - length, until)

    def write(self, bounds: Bounds) -> int:
        """Write the file of these hours; returns its rows.

        Raises AggregatesError, and LogTruncatedError where events are lost that it should have.
        """
        spill = self._settings.data_dir / "events"
        with (
            State(self._settings.state_path(), create=False) as state,
            engine(FileStore(self._settings.archive_url()), spill=spill) as connection,
        ):
            # 1. The state.
            state.execute("BEGIN")
            complete = self._complete_until(state)
            if complete is None or complete <= bounds.until:
                said = "none was heard" if complete is None else f"complete until {complete}"
                raise AggregatesError(f"{STREAM} is not over at {bounds.until}: {said}")
            events = self._all_events(state, connection, bounds)
            # 4. One query.
            reader = connection.sql(_sql(self._stream, events, bounds)).to_arrow_reader(ROW_GROUP)
            schema = _schema(self._stream)
            with self.files.file_to_write() as path:
                rows = _write(path, schema, self._stream.time_column, _cast(reader, schema))
                # 5. The file appears.
                self.files.put(path, bounds.file)
        return rows

    def remove_old(self) -> int:
        """Remove files beyond the stream's retention; returns how many."""
        if self._stream.retention_us is None:
            return 0
        oldest = datetime.fromtimestamp(self._clock(), UTC) - timedelta(
            microseconds=self._stream.retention_us
        )
        kept = [one.file for one in self.files.written() if one.since > oldest]
        return self.files.remove_but("*.parquet", kept)

    def with_value(self, field: str, value: int | str) -> list[Bounds]:
        """The files that have a value of a field."""
        found = []
        for one in self.files.written():
            with self.files.filesystem.open(self.files.location(one.file), "rb") as file:
                column = pq.ParquetFile(file).iter_batches(columns=[field])
                if any(value in part[field].unique().to_pylist() for part in column):
                    found.append(one)
        return found

    def _complete_until(self, state: State) -> datetime | None:
        """Events before this are no longer awaited; while none comes it goes on with the clock."""
        now = int(self._clock() * MICROSECONDS)
        progress, known = state.progress(), state.streams().get(STREAM)
        if known is None:
            return None
        last = EventsLog(self._settings.amqp_url).last_offset()
        is_all_read = last is None or last + progress.base < (progress.next_offset or 0)
        reached = watermark(
            known.watermark_us,
            known.greatest_time_us,
            known.heard_us,
            max(progress.log_clock_us, now) if is_all_read else progress.log_clock_us,
            self._stream.lateness_us,
        )
        return None if reached is None else instant(reached)

    def _all_events(
        self, state: State, connection: duckdb.DuckDBPyConnection, bounds: Bounds
    ) -> str:
        """Steps 2 and 3: the relation of every event of the stream that may be wanted, once."""
        # 2. The manifest.
        erasures = KnownErasures(self._settings, self._definitions, state.erasures())
        files = EventsFiles(self._settings.archive_url(), STREAM)
        manifest = files.manifest()
        since, until = map(microseconds, bounds)
        if manifest.removed_latest is not None and manifest.removed_latest > since:
            removed = instant(manifest.removed_latest)
            raise AggregatesError(f"events up to {removed} are beyond the retention of {STREAM}")
        # 3. The log.
        recount = StreamRecount(connection, self._stream)
        progress = state.progress()
        in_log = tail(
            self._settings.amqp_url,
            self._definitions,
            progress,
            {STREAM: manifest.next_offset},
            KnownIdentities(state.database),
            self._stop,
        )
        taken = (TakenEvents(new.offset, new.received_us, new.events, new.rows) for new in in_log)
        parts = erasures.applied(STREAM, batches(self._stream, taken))
        # A message of the door has one event.
        while some_parts := list(islice(parts, MESSAGES)):
            recount.add(pa.concat_batches(some_parts))
        position = progress.next_offset or 0
        some = [
            one
            for one in manifest.files
            if one.first < position and one.latest > since and one.earliest <= until
        ]
        unfinished = manifest.without(erasures.unfinished[STREAM])
        recount.open(files, some, position, (), unfinished, erasures.pseudonyms)
        return recount.everything


def _sql(stream: Stream, events: str, bounds: Bounds) -> str:
    since, until = map(microseconds, bounds)
    own = [*archived_columns.sql_types(stream)]
    columns = ", ".join(f"{archived_columns.shown_sql(stream, name)} AS {name}" for name in own)
    return f"""
        WITH tracked AS (
            SELECT {", ".join(own)} FROM {events}
            WHERE {stream.time_column} > {since} AND {stream.time_column} <= {until}
        ), actions AS (
            SELECT {USER}, {ACTION}, count(*) AS n FROM tracked GROUP BY ALL
        ), users AS (
            SELECT {USER}, sum(n)::BIGINT AS {COUNT},
                max(n) FILTER ({ACTION} IS NOT NULL) AS most
            FROM actions GROUP BY {USER}
        ), frequent AS (
            SELECT {USER}, min({ACTION}) AS {MOST_FREQUENT}
            FROM actions JOIN users USING ({USER})
            WHERE {ACTION} IS NOT NULL AND n = most GROUP BY {USER}
        )
        SELECT {columns}, {COUNT}, {MOST_FREQUENT}
        FROM tracked JOIN users USING ({USER}) LEFT JOIN frequent USING ({USER})
        ORDER BY log_offset, log_row
    """  # noqa: S608 - names of the definition


def _schema(stream: Stream) -> pa.Schema:
    own = archived_columns.schema(stream)
    shown = [own.field(name) for name in archived_columns.sql_types(stream)]
    return pa.schema([*shown, pa.field(COUNT, pa.int64()), pa.field(MOST_FREQUENT, pa.string())])


def _cast(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        yield batch.cast(schema)


def _write(path: Path, schema: pa.Schema, time_column: str, parts: Iterator[pa.RecordBatch]) -> int:
    first = next(parts, None)
    if first is None:
        pq.write_table(schema.empty_table(), path, store_schema=False)
        return 0
    return write(path, schema, time_column, chain([first], parts)).rows
