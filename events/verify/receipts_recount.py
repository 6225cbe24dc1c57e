"""Counts the receipts again from their log, which has to be whole."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing

import numpy as np

from events.receipts.receipt_identities import ReceiptIdentities
from events.receipts.receipt_tables import Flags, ReceiptTables
from events.receipts.receipts_continuity import require_continuing
from events.receipts.receipts_counter import TOO_LATE
from events.receipts.receipts_schema import CREATE
from events.receipts.receipts_state import ReceiptsProgress
from events.verify.recount import StreamRecount
from events.windows.figures import Aside
from tillstream.log.continuity import LogReplacedError, LogUndeliveredError
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import in_stream, known_as
from tillstream.log.reader import LogTruncatedError
from tillstream.stores import StoreTable
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED

_MEND = (
    "make it anew with `python -m persistence rebuild-log`, then run `tillstream recount --streams`"
)


def why_not_provable(url: str, progress: ReceiptsProgress) -> str:
    """Why the log does not hold what was counted; "" where it does."""
    if progress.log_number:
        return f"the log of the receipts was replaced by another one; {_MEND}"
    log = receipts_log(url)
    firsts, begins = log.first_offsets(), progress.begin_offsets()
    for number in progress.next_offsets():
        first, begin = firsts.get(number), begins.get(number, known_as(number, 0))
        if first is None or first > begin:
            has = "is empty" if first is None else f"begins at offset {in_stream(first)}"
            where = f" in partition {number}" if number else ""
            return (
                f"the log of the receipts {has}{where}, and {in_stream(begin)} was counted; {_MEND}"
            )
    try:
        require_continuing(progress, log, firsts, "the state", _MEND)
    except (LogReplacedError, LogTruncatedError, LogUndeliveredError) as error:
        return str(error)
    return ""


def add_receipts(
    url: str,
    progress: ReceiptsProgress,
    aside: Sequence[Aside],
    stores: StoreTable,
    recounts: Mapping[str, StreamRecount],
    stop: threading.Event,
) -> None:
    """Give each stream's recount the rows of every receipt, the first of its identity."""
    lasts = {number: offset - 1 for number, offset in progress.next_offsets().items()}
    if not lasts:
        return
    too_late = {(one.offset, one.row) for one in aside if one.reason == TOO_LATE}
    # Without a name: on the disk as far as it does not fit into memory, and gone at the end.
    with closing(sqlite3.connect("")) as scratch:
        for statement in CREATE:
            scratch.execute(statement)
        identities = ReceiptIdentities(scratch)
        for messages in receipts_log(url).read(stop, lasts, progress.begin_offsets()):
            tables = ReceiptTables(messages, stores)
            if not len(tables):
                continue
            places = zip(
                (messages[index].offset for index in tables.messages.tolist()),
                tables.places.tolist(),
                strict=True,
            )
            late = np.fromiter((place in too_late for place in places), np.bool_, len(tables))
            new = _first(tables, identities, tables.in_time & ~late)
            for name, recount in recounts.items():
                names = [field.name for field in recount.stream.fields]
                recount.add_counted(
                    tables.table(name, [*names, RECEIVED, LOG_OFFSET, LOG_ROW], new)
                )


def _first(tables: ReceiptTables, identities: ReceiptIdentities, asked: Flags) -> Flags:
    keys, contents, seen = tables.keys(), tables.contents(), tables.seen_days.tolist()
    indices = np.flatnonzero(asked).tolist()
    first = identities.add(
        [keys[index] for index in indices],
        [contents[index] for index in indices],
        [seen[index] for index in indices],
    )
    new = asked & (tables.event_time >= 0)
    new[[index for index, known in zip(indices, first, strict=True) if known is not None]] = False
    return new
