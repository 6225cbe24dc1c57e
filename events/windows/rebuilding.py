"""Builds a state anew, from the archive and the log, in a file beside the old one."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from events.archive_port import ArchivedEvents, ArchiveSource, UncarriedMessage
from events.windows.decoding import Decoded
from events.windows.event_counter import EventCounter
from events.windows.figures import WHOLE_MESSAGE, Aside, UnfinishedErasure
from events.windows.isolation import REASON_CHARACTERS
from events.windows.row_identities import Rows
from events.windows.state_file import State
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage, StoppedError
from tillstream.runtime import files
from tillstream.runtime.owned_file import rebuilt_path, remove
from tillstream.streams.definition import Definitions
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED


class Rebuilding:
    """A new state that nobody knows until `finish`; one at a time, see `owned`."""

    def __init__(
        self,
        path: Path,
        definitions: Definitions,
        clock: Clock,
        days: int,
        removed_before: Mapping[str, int],
        erase: Callable[[Decoded], Decoded] = lambda decoded: decoded,
        erasures: Sequence[UnfinishedErasure] = (),
    ) -> None:
        """`path` is the state's own; `days` are those for which identities are kept; see
        `adoption.removed_before`. `erase` takes out of the log what was erased; `erasures` are not
        finished.
        """
        self._path = path
        self._unfinished = path.with_suffix(".building")
        remove(self._unfinished)
        self._definitions = definitions
        self._state = State(self._unfinished)
        # A kill leaves a file that the next recount removes: nothing has to last before the end.
        self._state.execute("PRAGMA synchronous=OFF")
        self._state.add_erasures(erasures)
        self.counter = EventCounter(
            self._state, definitions, clock, identity_days=days, erase=erase
        )
        for name, start in removed_before.items():
            self.counter.windows[name].figures.pruned_before_us = start
        self._state.write_windows(rows.figures for rows in self.counter.windows.values())

    def count_archive(self, source: ArchiveSource, before: int, stop: threading.Event) -> int:
        """Count what the archive has of positions before one; returns how many events."""
        events = 0
        for name in self._definitions.events:
            for archived in source.events(name, before):
                if stop.is_set():
                    raise StoppedError("stopped before the end of the archive")
                if isinstance(archived, UncarriedMessage):
                    _, offset, reason = archived
                    aside = Aside(offset, WHOLE_MESSAGE, name, reason[:REASON_CHARACTERS], "")
                    self.counter.count_archived([], [aside])
                else:
                    self.counter.count_archived(_messages(archived))
                    events += archived.events.num_rows
        return events

    def count_log(
        self,
        base: int,
        begin_digest: bytes | None,
        batches: Iterable[list[LogMessage]],
        stop: threading.Event,
    ) -> None:
        """Count the log, whose offsets are positions less `base`."""
        self.counter.progress.base = base
        self.counter.progress.begin_digest = begin_digest
        for messages in batches:
            if stop.is_set():
                raise StoppedError("stopped before the end of the log")
            self.counter.count([one._replace(offset=one.offset + base) for one in messages])
        progress = self.counter.progress
        if progress.next_offset is None and base:
            # The log is empty: positions go on after those of the one before.
            progress.next_offset = base
            self._state.write_progress(progress)

    def finish(self) -> None:
        """Make the new state the one that waits for its adoption, whole and durable."""
        self._state.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._state.close()
        files.sync(self._unfinished)
        self._unfinished.replace(rebuilt_path(self._path))
        files.sync(self._path.parent)

    def close(self) -> None:
        """Remove what was not finished."""
        self._state.close()
        remove(self._unfinished)


def _messages(archived: ArchivedEvents) -> list[tuple[Decoded, Rows]]:
    """The events as the messages that they came in."""
    table = archived.events
    offsets = np.asarray(table[LOG_OFFSET])
    rows = np.asarray(table[LOG_ROW])
    received = np.asarray(table[RECEIVED])
    plain = table.drop_columns([LOG_OFFSET, LOG_ROW, RECEIVED])
    bounds = [0, *(np.flatnonzero(np.diff(offsets)) + 1).tolist(), len(offsets)]
    return [
        (
            Decoded(int(offsets[a]), archived.stream, int(received[a]), plain.slice(a, b - a)),
            rows[a:b].astype(np.int64),
        )
        for a, b in pairwise(bounds)
        if b > a
    ]
