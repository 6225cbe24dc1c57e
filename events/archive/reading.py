"""Reads the archive of events in the order of the log, for a recount."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from events.archive.pseudonyms import Pseudonyms
from events.archive_port import ArchivedEvents, UncarriedMessage
from tillstream.errors import TillstreamError
from tillstream.streams import columns
from tillstream.streams.archived_columns import counted, has_scales_of_today
from tillstream.streams.definition import Definitions, Stream
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import ErasedValue

#: Rows of a batch.
BATCH = 50_000


class BrokenFileError(TillstreamError):
    """A file of the archive that cannot be read, or does not have the events that it should."""


class EventsArchiveReader:
    """An ArchiveSource."""

    def __init__(
        self,
        archive_url: str,
        definitions: Definitions,
        pseudonyms: Pseudonyms | None = None,
        unfinished: Mapping[str, Sequence[ErasedValue]] = MappingProxyType({}),
    ) -> None:
        """`unfinished` are erasures, by stream, that the files may not have yet."""
        self._url = archive_url
        self._streams = definitions.streams
        self._pseudonyms = pseudonyms
        self._unfinished = unfinished

    def events(
        self, stream: str, before_offset: int
    ) -> Iterator[ArchivedEvents | UncarriedMessage]:
        """Every event of a stream that stood in the log before an offset, in bounded batches.

        Raises BrokenFileError.
        """
        declared = self._streams[stream]
        files = EventsFiles(self._url, stream)
        manifest = files.manifest()
        erased = manifest.without(self._unfinished.get(stream, ()))
        for one in manifest.files:
            if one.first >= before_offset:
                return
            rows = 0
            try:
                with files.opened(one) as file:
                    opened = pq.ParquetFile(file)
                    batches = opened.iter_batches(BATCH)
                    if not has_scales_of_today(declared, opened.schema_arrow):
                        batches = _whole_messages(batches)
                    for batch in batches:
                        rows += batch.num_rows
                        part = batch
                        if one.last >= before_offset:
                            part = batch.filter(pc.less(batch[columns.LOG_OFFSET], before_offset))
                        if erased and self._pseudonyms is not None:
                            [part] = self._pseudonyms.applied(erased, [part])
                        if part.num_rows:
                            yield from _carried(declared, part)
            except (OSError, ValueError, KeyError) as error:
                raise BrokenFileError(f"{files.location(one.file)}: {error}") from error
            if rows != one.rows:
                raise BrokenFileError(
                    f"{files.location(one.file)} has {rows} events; the manifest says {one.rows}"
                )


def _carried(
    declared: Stream, archived: pa.RecordBatch
) -> Iterator[ArchivedEvents | UncarriedMessage]:
    """The rows as they were counted; of messages that cannot be carried over none."""
    try:
        yield ArchivedEvents(declared.name, counted(declared, archived))
        return
    except pa.ArrowInvalid as error:
        reason = str(error)
    offsets = np.asarray(archived[columns.LOG_OFFSET])
    first, last = int(offsets[0]), int(offsets[-1])
    if first == last:
        yield UncarriedMessage(declared.name, first, reason)
        return
    # Cut between two messages, near the middle.
    middle = int(np.searchsorted(offsets, offsets[len(offsets) // 2]))
    middle = middle or int(np.searchsorted(offsets, first, side="right"))
    yield from _carried(declared, archived.slice(0, middle))
    yield from _carried(declared, archived.slice(middle))


def _whole_messages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, cut between messages only."""
    rest: pa.RecordBatch | None = None
    for batch in batches:
        both = batch if rest is None else pa.concat_batches([rest, batch])
        offsets = np.asarray(both[columns.LOG_OFFSET])
        edge = int(np.searchsorted(offsets, offsets[-1])) if len(offsets) else 0
        if edge:
            yield both.slice(0, edge)
        rest = both.slice(edge)
    if rest is not None:
        yield rest
