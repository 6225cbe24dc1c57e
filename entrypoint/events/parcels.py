"""Events on their way into messages: few are gathered as rows, many are messages by themselves."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
import pyarrow as pa

from entrypoint.events.contract import Contract, Row
from tillstream.streams.message import EventMessage, Packed, encode

BODY_TYPE = pa.binary(16)


class EventParcel(msgspec.Struct, frozen=True):
    """Events of one stream that one request wants published together."""

    count: int
    #: Bytes, about.
    size: int
    #: When the door took them, microseconds.
    received_us: int
    rows: Sequence[Row] = ()
    #: Instead of rows: columns.
    batch: pa.RecordBatch | None = None
    #: A whole message, made before.
    packed: Packed | None = None

    @property
    def alone(self) -> bool:
        """Whether it is a message by itself."""
        return self.packed is not None


#: Bytes of a row that is gathered, beside its texts.
ROW_BYTES = 64


def gathered(rows: Sequence[Row], received_us: int) -> EventParcel:
    """Few events, that share a message with others."""
    return EventParcel(len(rows), sum([_size(row) for row in rows]), received_us, rows)


def batched(events: pa.RecordBatch, received_us: int) -> EventParcel:
    """Few events in columns, that share a message with others."""
    return EventParcel(events.num_rows, events.nbytes, received_us, batch=events)


def packed(contract: Contract, events: pa.RecordBatch, received_us: int) -> EventParcel:
    """A message of these events."""
    stream = contract.stream
    found = encode(EventMessage(stream.name, stream.version, received_us, events))
    return EventParcel(events.num_rows, len(found.body), received_us, packed=found)


class Composer:
    """Makes the messages of one stream."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def compose(self, parcels: Sequence[EventParcel]) -> Packed:
        """The message of these parcels: one that is packed, or the rows of all."""
        first = parcels[0]
        if first.packed is not None:
            return first.packed
        events = _joined(list(self._batches(parcels)))
        stream = self._contract.stream
        return encode(EventMessage(stream.name, stream.version, first.received_us, events))

    def _batches(self, parcels: Sequence[EventParcel]) -> Iterator[pa.RecordBatch]:
        """In their order; rows that follow each other are one batch."""
        for whole, run in groupby(parcels, key=lambda parcel: parcel.batch is not None):
            if whole:
                yield from (parcel.batch for parcel in run)
            else:
                yield self._contract.batch([row for parcel in run for row in parcel.rows])


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    # Some have the column of CloudEvents and some have not.
    table = pa.concat_tables(tables, promote_options="default")
    return table.unify_dictionaries().combine_chunks().to_batches()[0]


def with_column(events: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    """The events with a further column."""
    return pa.RecordBatch.from_arrays(
        [*events.columns, column], schema=events.schema.append(pa.field(name, column.type))
    )


def _size(row: Row) -> int:
    return ROW_BYTES + sum([len(value) for value in row if type(value) is str])
