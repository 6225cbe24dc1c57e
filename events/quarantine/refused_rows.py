"""The rows of the quarantine: from the files of the archive, and from the log what is in none yet.

What they say is true after a kill, a recount and an erasure, since those keep archive and log.
"""

import re
import threading
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from events.archive.encoding import TakenEvents, batches
from events.archive.reading import EventsArchiveReader
from events.archive_port import ArchivedEvents
from events.erasures import KnownErasures
from events.settings import EventsSettings
from events.verify.log_tail import KnownIdentities, tail
from events.windows.state_file import State
from tillstream.errors import TillstreamError
from tillstream.streams.archived_columns import counted
from tillstream.streams.builtin import QUARANTINE
from tillstream.streams.definition import MICROSECONDS, Definitions
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED

#: The position of the message and the row in it.
RowId = tuple[int, int]
_ID = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


class WrongIdError(TillstreamError):
    """A text that is no id of a row."""


class RefusedRow(NamedTuple):
    """A row that the door has refused."""

    id: RowId
    #: When it came, microseconds.
    received_us: int
    stream: str
    #: Media type of the body that it came in.
    format: str
    line: int | None
    field: str | None
    rule: str
    row: str
    truncated: bool
    #: Of a CSV.
    header: str | None


class Wanted(NamedTuple):
    """Which rows."""

    stream: str | None = None
    rule: str | None = None
    since_us: int = 0
    ids: Collection[RowId] | None = None


def id_text(row_id: RowId) -> str:
    """An id as people write it."""
    return f"{row_id[0]}-{row_id[1]}"


def parsed_id(text: str) -> RowId:
    """The id; raises WrongIdError."""
    found = _ID.fullmatch(text)
    if found is None:
        raise WrongIdError(
            f"{text[:40]!r} is no id of a row; `python -m events quarantine list` says them,"
            " such as 4711-0"
        )
    return int(found[1]), int(found[2])


def refused_rows(
    settings: EventsSettings,
    definitions: Definitions,
    wanted: Wanted,
    now: float,
    stop: threading.Event,
) -> Iterator[RefusedRow]:
    """The rows that are wanted, the oldest first; those beyond the retention are none.

    Raises LogTruncatedError where what is in no file is not in the log either, sqlite3's
    OperationalError where there is no state, and pika's AMQPError.
    """
    retention = definitions.streams[QUARANTINE].retention_us
    if retention is not None:
        wanted = wanted._replace(since_us=max(wanted.since_us, int(now * MICROSECONDS) - retention))
    for part in _parts(settings, definitions, stop):
        yield from _rows(part, wanted)


def _parts(
    settings: EventsSettings, definitions: Definitions, stop: threading.Event
) -> Iterator[pa.RecordBatch]:
    # 1. The state before the manifest: what it says is archived, the manifest has.
    with State(settings.state_path(), create=False) as state:
        state.execute("BEGIN")
        progress = state.progress()
        identities = KnownIdentities(state.database)
        erasures = KnownErasures(settings, definitions, state.erasures())
        # 2. The files.
        archived_to = EventsFiles(settings.archive_url(), QUARANTINE).manifest().next_offset
        archive = EventsArchiveReader(
            settings.archive_url(), definitions, erasures.pseudonyms, erasures.unfinished
        )
        for archived in archive.events(QUARANTINE, archived_to):
            # It has no decimals: every message of it can be carried over.
            if isinstance(archived, ArchivedEvents):
                yield archived.events
        # 3. What is in no file: each row once, by the state's identities.
        declared = definitions.streams[QUARANTINE]
        for new in tail(
            settings.amqp_url,
            definitions,
            progress,
            {QUARANTINE: archived_to},
            identities,
            stop,
        ):
            taken = TakenEvents(new.offset, new.received_us, new.events, new.rows)
            for part in erasures.applied(QUARANTINE, batches(declared, [taken])):
                yield counted(declared, part)


def _rows(part: pa.RecordBatch, wanted: Wanted) -> Iterator[RefusedRow]:
    mask = pc.greater_equal(part[RECEIVED], wanted.since_us)
    for name, value in (("stream", wanted.stream), ("rule", wanted.rule)):
        if value is not None:
            mask = pc.and_(mask, pc.equal(part[name], value))
    if wanted.ids is not None:
        offsets = pa.array({offset for offset, _ in wanted.ids}, pa.int64())
        mask = pc.and_(mask, pc.is_in(part[LOG_OFFSET], value_set=offsets))
    for values in part.filter(mask).to_pylist():
        found = _row(values)
        if wanted.ids is None or found.id in wanted.ids:
            yield found


def _row(values: dict[str, Any]) -> RefusedRow:
    return RefusedRow(
        id=(values[LOG_OFFSET], values[LOG_ROW]),
        received_us=values[RECEIVED],
        stream=values["stream"],
        format=values["format"],
        line=values["line"],
        field=values["field"],
        rule=values["rule"],
        row=values["row"] or "",
        truncated=values["truncated"],
        header=values["header"],
    )
