"""Drops events that came before: of a body, of a CloudEvent, or of the stream's identity."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from events.windows.decoding import Decoded
from events.windows.identities import Identities
from events.windows.row_identities import DAY_US, Flags, Rows, find_identities, first_rows
from tillstream.streams.definition import Stream


class NewEvents(NamedTuple):
    """The events of one message that did not come before."""

    offset: int
    stream: str
    received_us: int
    #: Without any column where they are only counted, and by another process.
    events: pa.RecordBatch
    #: Their numbers in the message, growing.
    rows: Rows
    #: How many of the message came before.
    duplicates: int


def new_events(
    decoded: Decoded, stream: Stream, identities: Identities, rows: Rows | None = None
) -> NewEvents:
    """What of a message counts; its identities are kept, with the transaction.

    `rows` are the events' numbers in the message where they are not all of it.

    A message that is read again gives the same again. Of events of one body all count or none.
    """
    events = decoded.events
    numbers: Rows = np.arange(events.num_rows, dtype=np.int64) if rows is None else rows
    found = find_identities(stream, events)
    seen_day = decoded.received_us // DAY_US
    return of_first(
        decoded, numbers, first_rows(found, numbers, decoded.offset, seen_day, identities)
    )


def of_first(decoded: Decoded, numbers: Rows, first: Flags) -> NewEvents:
    """The events that came first; `first` says of each whether it did."""
    events = decoded.events
    if not first.all():
        events, numbers = events.filter(pa.array(first)), numbers[first]
    return NewEvents(
        decoded.offset,
        decoded.stream,
        decoded.received_us,
        events,
        numbers,
        len(first) - len(numbers),
    )
