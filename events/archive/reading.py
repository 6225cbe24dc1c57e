"""Reads the archive of events in the order of the log, for a recount."""

from collections.abc import Iterator

import pyarrow.compute as pc
import pyarrow.parquet as pq

from events.archive_port import ArchivedEvents
from tillstream.errors import TillstreamError
from tillstream.streams import columns
from tillstream.streams.archived_columns import counted
from tillstream.streams.definition import Definitions
from tillstream.streams.events_files import EventsFiles

#: Rows of a batch.
BATCH = 50_000


class BrokenFileError(TillstreamError):
    """A file of the archive that cannot be read, or does not have the events that it should."""


class EventsArchiveReader:
    """An ArchiveSource."""

    def __init__(self, archive_url: str, definitions: Definitions) -> None:
        self._url = archive_url
        self._streams = definitions.streams

    def events(self, stream: str, before_offset: int) -> Iterator[ArchivedEvents]:
        """Every event of a stream that stood in the log before an offset, in bounded batches.

        Raises BrokenFileError.
        """
        declared = self._streams[stream]
        files = EventsFiles(self._url, stream)
        for one in files.manifest().files:
            if one.first >= before_offset:
                return
            rows = 0
            try:
                with files.opened(one) as file:
                    for batch in pq.ParquetFile(file).iter_batches(BATCH):
                        rows += batch.num_rows
                        part = batch
                        if one.last >= before_offset:
                            part = batch.filter(pc.less(batch[columns.LOG_OFFSET], before_offset))
                        if part.num_rows:
                            yield ArchivedEvents(stream, counted(declared, part))
            except (OSError, ValueError, KeyError) as error:
                raise BrokenFileError(f"{files.location(one.file)}: {error}") from error
            if rows != one.rows:
                raise BrokenFileError(
                    f"{files.location(one.file)} has {rows} events; the manifest says {one.rows}"
                )
