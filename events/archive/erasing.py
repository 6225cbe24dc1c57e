"""Erases a person's value from the files of a stream's archive.

The critical sequence:

1. rewrite: every file that has the value is written again aside, the archive being as it was;
2. lock: nobody else changes the manifest from here on; if it has other files by now, 1 goes on;
3. publish: the files appear, each under the name of its next generation;
4. commit: the manifest names them, and remembers the erasure, in one step;
5. sweep: the files with the value are removed.

Killed anywhere, all files have the value, or none. What the writer still holds it writes without
the value, by the digest that the manifest remembers.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from events.archive.changing import ArchiveChanges
from events.archive.encoding import write
from events.archive.erased_texts import has_value
from events.archive.pseudonyms import Pseudonyms, Value, replaced
from events.archive.reading import BrokenFileError
from tillstream.log.reader import StoppedError
from tillstream.streams import columns
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import ErasedValue, EventsFile, file_name

#: Rows that are read at once.
BATCH = 50_000


class Erasure(Protocol):
    """What is erased from a stream's files."""

    @property
    def erased(self) -> Sequence[ErasedValue]:
        """What the manifest is to remember."""

    def columns(self) -> list[str]:
        """The columns that say whether there is something to erase, beside the position."""

    def found(self, part: pa.RecordBatch) -> pa.Array:
        """Of each row whether it has the value."""

    def without(self, part: pa.RecordBatch) -> pa.RecordBatch:
        """The rows with the value replaced."""


class OfField(NamedTuple):
    """A value of a field, exactly."""

    pseudonyms: Pseudonyms
    field: str
    value: Value
    erased: Sequence[ErasedValue]

    def columns(self) -> list[str]:
        """See Erasure."""
        return [self.field]

    def found(self, part: pa.RecordBatch) -> pa.Array:
        """See Erasure."""
        column = part[self.field]
        value = _as(self.value, column.type)
        if value is None:
            return pa.repeat(pa.scalar(False), len(part))
        same = pc.equal(column, pa.scalar(value, column.type))
        return pc.and_(pc.fill_null(same, False), pc.less(part[columns.LOG_OFFSET], self._before()))

    def without(self, part: pa.RecordBatch) -> pa.RecordBatch:
        """See Erasure."""
        value = _as(self.value, part[self.field].type)
        if value is None:
            return part
        stands = self.pseudonyms.of(self.field, value, self._before())
        return replaced(part, self.field, value, stands, self.found(part))

    def _before(self) -> int:
        return self.erased[0].before_offset


class OfRefusedTexts(NamedTuple):
    """A value within the texts that were refused for a stream."""

    pseudonyms: Pseudonyms
    field: str
    value: Value
    erased: Sequence[ErasedValue]
    #: The column that says what a text was sent to.
    sent_to: str

    def columns(self) -> list[str]:
        """See Erasure."""
        return [self.field, self.sent_to]

    def found(self, part: pa.RecordBatch) -> pa.Array:
        """See Erasure."""
        one = self.erased[0]
        has = pa.array(
            [text is not None and self._has(text) for text in part[self.field].to_pylist()]
        )
        ours = pc.fill_null(pc.equal(part[self.sent_to], one.of_stream), False)
        return pc.and_(pc.and_(ours, has), pc.less(part[columns.LOG_OFFSET], one.before_offset))

    def without(self, part: pa.RecordBatch) -> pa.RecordBatch:
        """See Erasure."""
        found = self.found(part)
        for text in pc.unique(part[self.field].filter(found)).to_pylist():
            stands = self.pseudonyms.of(self.field, text, self.erased[0].before_offset)
            part = replaced(part, self.field, text, stands, found)
        return part

    def _has(self, text: str) -> bool:
        return has_value(text, self.value)


class _Rewritten(NamedTuple):
    path: Path
    file: EventsFile
    #: Events that had the value.
    events: int


def erase_from_files(
    changes: ArchiveChanges, erasure: Erasure, stopped: Callable[[], bool]
) -> tuple[int, int]:
    """Returns how many events had the value, and in how many files.

    Raises BrokenFileError, ArchiveLockedError, and StoppedError once `stopped`; then everything is
    as it was.
    """
    files = changes.files
    before = max(one.before_offset for one in erasure.erased)
    done: dict[EventsFile, _Rewritten | None] = {}
    with ExitStack() as stack:
        while True:
            # 1. rewrite
            for one in files.manifest().files:
                if one in done or one.first >= before:
                    continue
                if stopped():
                    raise StoppedError("stopped; run it again to go on")
                done[one] = None
                if events := _count(files, one, erasure):
                    path = stack.enter_context(files.file_to_write())
                    done[one] = _Rewritten(path, _rewrite(files, one, erasure, path), events)
            # 2. lock
            with changes.locked() as manifest:
                if not manifest.without(erasure.erased):
                    return 0, 0
                if any(one not in done and one.first < before for one in manifest.files):
                    continue
                changed = manifest
                written = {one: made for one in manifest.files if (made := done.get(one))}
                # 3. publish
                for one, made in written.items():
                    files.publish(made.path, made.file)
                    changed = changed.with_replaced([one], [made.file])
                events = sum(made.events for made in written.values())
                first, *more = erasure.erased
                # 4. commit
                files.commit(changed.with_erased([replace(first, events=events), *more]))
                # 5. sweep
                files.sweep(changed)
                return events, len(written)


def _count(files: EventsFiles, one: EventsFile, erasure: Erasure) -> int:
    wanted = [*erasure.columns(), columns.LOG_OFFSET]
    try:
        with files.opened(one) as opened:
            file = pq.ParquetFile(opened)
            if not set(wanted) <= set(file.schema_arrow.names):
                # A file of a definition before the field.
                return 0
            parts = file.iter_batches(BATCH, columns=wanted)
            return sum(pc.sum(erasure.found(part)).as_py() or 0 for part in parts)
    except (OSError, ValueError) as error:
        raise BrokenFileError(f"{files.location(one.file)}: {error}") from error


def _rewrite(files: EventsFiles, one: EventsFile, erasure: Erasure, path: Path) -> EventsFile:
    """Write the file again under its own columns, which may be of an older definition."""
    try:
        with files.opened(one) as opened:
            file = pq.ParquetFile(opened)
            parts = (erasure.without(part) for part in file.iter_batches(BATCH))
            written = write(path, file.schema_arrow, columns.RECEIVED, parts)
    except (OSError, ValueError) as error:
        raise BrokenFileError(f"{files.location(one.file)}: {error}") from error
    if written.rows != one.rows:
        raise BrokenFileError(
            f"{files.location(one.file)} has {written.rows} events; the manifest says {one.rows}"
        )
    generation = one.generation + 1
    name = file_name(one.day, one.first, one.last, generation)
    return replace(one, file=name, bytes=written.bytes, generation=generation)


def _as(value: Value, kind: pa.DataType) -> Value | None:
    """The value as a column of an older definition may have it; None where it cannot."""
    if pa.types.is_integer(kind):
        try:
            return int(value)
        except ValueError:
            return None
    return str(value) if pa.types.is_string(kind) else None
