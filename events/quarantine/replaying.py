"""Sends rows one after the other, says what became of each, and marks those that are durable.

A row is sent under a key of its own: killed before its mark, it is sent again and counts once.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

from events.quarantine.edited_file import EditedRow, event_of
from events.quarantine.marks import Mark, Marks
from events.quarantine.mending import Event, Mend, MendError, mended
from events.quarantine.refused_rows import RefusedRow, RowId, id_text
from events.quarantine.sending import Sender
from events.settings import EventsSettings
from tillstream.runtime.printable import printable
from tillstream.streams.definition import MICROSECONDS, Definitions

#: Rows whose refusal is told; the others are counted.
MOST_TOLD = 100


class Replay(AbstractContextManager["Replay"]):
    """One command's rows."""

    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        known: Marks,
        mend: Mend,
        edited: Mapping[RowId, EditedRow] | None,
        stop: threading.Event,
    ) -> None:
        self._definitions = definitions
        self._known = known
        self._mend = mend
        self._edited = edited
        self._sender = Sender(settings.door_url(), settings.api_key, stop)
        self._accepted = self._refused = self._before = self._printed = 0
        self.seen: set[RowId] = set()

    def __exit__(self, *_: object) -> None:
        self._sender.close()

    def take(self, row: RefusedRow, *, dry_run: bool) -> None:
        """Mend a row that is open, and send it; raises DoorAwayError."""
        self.seen.add(row.id)
        if self._known.of(row.id).state != "open":
            self._before += 1
            return
        try:
            event = self._event(row)
        except MendError as error:
            self._refuse(row, str(error))
            return
        if dry_run:
            print(f"{id_text(row.id)}  {printable(event.body.decode(errors='replace'))}")
            self._printed += 1
            return
        refusals = self._sender.send(row, event)
        if refusals:
            self._refuse(
                row,
                "; ".join(
                    f"{one.rule}{f' in {one.field}' if one.field else ''}: {one.message}"
                    for one in refusals
                ),
            )
            return
        self._known.put([row.id], Mark("replayed", int(time.time() * MICROSECONDS)))
        self._accepted += 1

    def is_whole(self) -> bool:
        """Whether no row was refused."""
        return not self._refused

    def summary(self) -> str:
        """What became of all, in one line."""
        told = f"accepted {self._accepted:,}, refused again {self._refused:,}"
        if self._printed:
            told = f"would send {self._printed:,}, cannot be sent {self._refused:,}"
        before = f", replayed or dropped before {self._before:,}" if self._before else ""
        open_ = "; those refused stay open" if self._refused else ""
        return told + before + open_

    def _event(self, row: RefusedRow) -> Event:
        stream = self._definitions.streams.get(row.stream)
        if stream is None:
            raise MendError(f"no stream {row.stream!r} is declared; declare it, or drop the row")
        if self._edited is not None:
            return event_of(row, stream, self._edited[row.id])
        return mended(row, stream, self._mend)

    def _refuse(self, row: RefusedRow, why: str) -> None:
        self._refused += 1
        if self._refused <= MOST_TOLD:
            print(printable(f"{id_text(row.id)}  refused: {why}"))
        elif self._refused == MOST_TOLD + 1:
            print("further ones are counted only")
