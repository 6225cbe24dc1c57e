"""What the events worker hands on to the archive, and what the archive gives back to a recount.

The worker reads the log once; whatever it has found not to be a repetition is handed on here, in
the order of the log. Nothing is handed on durably: the worker keeps with each commit from where the
log is to be read again for the archive, and hands the same rows on again after a restart.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class EventsArchive(Protocol):
    """Takes events, and writes them when that is due. Called by one thread."""

    def add(
        self,
        stream: str,
        offset: int,
        received_us: int,
        events: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
    ) -> None:
        """Take the events of one message of the log.

        `events` has the columns of the stream as it is declared now (tillstream/streams/columns),
        and where the message has them BODY and CLOUDEVENT, which a recount needs; `rows` are their
        numbers in the message, growing. The same offset comes again after a restart, with the same
        rows: it is to become the same file, or to be left out where it is written.
        """

    def write_due(self, now: float) -> None:
        """Write what is due at `now`, Unix seconds; called at least twice a second."""

    def oldest_pending(self) -> int | None:
        """The smallest offset that was taken and is not durable yet; None when all is.

        The worker keeps it as `archive_from` with its commit.
        """

    def close(self) -> None:
        """The worker ends: write what can be written quickly; the rest comes again."""


class ArchivedEvents(NamedTuple):
    """Some events of the archive, of one stream and of one version of its columns."""

    stream: str
    #: The columns of the stream, `received`, LOG_OFFSET, LOG_ROW, and where they are kept BODY and
    #: CLOUDEVENT; in the order of offset and row.
    events: pa.RecordBatch


class UncarriedMessage(NamedTuple):
    """A message whose events cannot be carried over to the columns of today."""

    stream: str
    offset: int
    reason: str


class ArchiveSource(Protocol):
    """Reads the archive for a recount."""

    def events(
        self, stream: str, before_offset: int
    ) -> Iterator[ArchivedEvents | UncarriedMessage]:
        """Every event of a stream that stood in the log before an offset, in bounded batches."""
