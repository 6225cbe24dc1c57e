"""Joins the files of a day that is over, and removes days beyond the stream's retention.

Both can be done again and again, and beside a worker that writes: what they change, they change in
one step of the manifest (events/archive/changing.py).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from events.archive.changing import ArchiveChanges
from events.archive.encoding import write
from events.archive.reading import BrokenFileError
from tillstream.log.reader import StoppedError
from tillstream.streams import archived_columns
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import EventsFile, day_of, file_name

#: Most events of a joined file, and how many are read at once.
JOINED_ROWS = 20_000_000
BATCH = 50_000


def join_days(changes: ArchiveChanges, now: float, stopped: Callable[[], bool]) -> int:
    """Join the files of days before the present one; returns how many files there are fewer.

    Raises BrokenFileError, and StoppedError once `stopped`, everything being as it was.
    """
    fewer = 0
    while (group := _next_group(changes.files, now)) is not None:
        _join(changes, group, stopped)
        fewer += len(group) - 1
    return fewer


def remove_old(changes: ArchiveChanges, now: float) -> int:
    """Remove days that are older than the stream's retention; returns how many events."""
    retention = changes.stream.retention_us
    if retention is None:
        return 0
    first = day_of(int(now * MICROSECONDS) - retention)
    if not any(one.day < first for one in changes.files.manifest().files):
        return 0
    with changes.locked() as manifest:
        kept = manifest.since(first)
        changes.files.commit(kept)
        changes.files.sweep(kept)
    return manifest.rows() - kept.rows()


def rows_of(files: EventsFiles, one: EventsFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a file under the columns of today; raises BrokenFileError."""
    rows = 0
    try:
        with files.opened(one) as opened:
            for batch in pq.ParquetFile(opened).iter_batches(BATCH):
                rows += batch.num_rows
                yield _as_today(batch, schema)
    except (OSError, ValueError) as error:
        raise BrokenFileError(f"{files.location(one.file)}: {error}") from error
    if rows != one.rows:
        raise BrokenFileError(
            f"{files.location(one.file)} has {rows} events; the manifest says {one.rows}"
        )


def _next_group(files: EventsFiles, now: float) -> list[EventsFile] | None:
    today = day_of(int(now * MICROSECONDS))
    over = [one for one in files.manifest().files if one.day < today]
    # Files of another version of the definition stay: their columns may be of another type.
    for _, some in groupby(over, key=lambda one: (one.day, one.version)):
        group: list[EventsFile] = []
        for one in some:
            if sum(each.rows for each in group) + one.rows > JOINED_ROWS:
                if len(group) > 1:
                    return group
                group = []
            group.append(one)
        if len(group) > 1:
            return group
    return None


def _join(
    changes: ArchiveChanges, group: Sequence[EventsFile], stopped: Callable[[], bool]
) -> None:
    schema = archived_columns.schema(changes.stream)

    def parts() -> Iterator[pa.RecordBatch]:
        for one in group:
            for part in rows_of(changes.files, one, schema):
                if stopped():
                    raise StoppedError("stopped; the day is joined another time")
                yield part

    first, last = group[0], group[-1]
    generation = max(one.generation for one in group)
    with changes.files.file_to_write() as path:
        written = write(path, schema, changes.stream.time_column, parts())
        joined = EventsFile(
            file=file_name(first.day, first.first, last.last, generation),
            day=first.day,
            first=first.first,
            last=last.last,
            version=first.version,
            generation=generation,
            **written._asdict(),
        )
        changes.replace(group, [(path, joined)])


def _as_today(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    present = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in present
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
