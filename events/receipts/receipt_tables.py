"""Receipts of the log as tables of their three streams. Pure."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.receipts.parts import LineRow, TenderRows, line_row, tender_rows
from tillstream.bounds import LINES as MOST_LINES
from tillstream.bounds import TENDERS as MOST_TENDERS
from tillstream.currencies import CURRENCY
from tillstream.identity import key_digest
from tillstream.log.positions import SPAN
from tillstream.log.reader import LogMessage
from tillstream.outlines import Integers, Outlines, days, minor_of, parts_of
from tillstream.stores import StoreTable
from tillstream.streams import columns
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED
from tillstream.streams.receipt_streams import LINES, RECEIPTS, STREAMS, TENDERS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KINDS = STREAMS[RECEIPTS].field("kind").values
#: The first second that is of no year to 9999, Unix seconds.
_END_OF_TIME = 253_402_300_800

Flags = npt.NDArray[np.bool_]


class _Rows(NamedTuple):
    """The rows of a stream: each one's receipt, its number in the message, and its own columns."""

    receipt: Integers
    number: Integers
    own: dict[str, Callable[[], pa.Array]]


class ReceiptTables:
    """A batch of messages, decoded; receipts are known by their index among those that decode."""

    def __init__(
        self,
        messages: Sequence[LogMessage],
        stores: StoreTable,
        places: Sequence[int] | None = None,
    ) -> None:
        """`places`: of messages that are receipts of others, their places there."""
        self._currency = stores.currency
        read: Outlines[LineRow, TenderRows] = Outlines(line_row, tender_rows)
        read.read(messages, stores)
        self._read = read
        self.undecodable = read.undecodable
        self.messages = np.array(read.messages, np.int64)
        found = read.places if places is None else [places[index] for index in read.messages]
        self.places = np.array(found, np.int64)
        self._offsets = np.array([message.offset for message in messages], np.int64)[self.messages]
        self._seconds = np.array([each.received_time for each in read.receipts], np.float64)
        self.event_time = np.array(
            [(each.instant - _EPOCH) // _MICROSECOND for each in read.moments], np.int64
        )

    def __len__(self) -> int:
        return len(self._read.receipts)

    @cached_property
    def in_time(self) -> Flags:
        """Whether the door got it in a year from 1970 to 9999."""
        return (self._seconds >= 0) & (self._seconds < _END_OF_TIME)

    @cached_property
    def _in_main(self) -> Flags:
        """Whether it is in the chain's main currency."""
        main = np.full(len(self), self._currency == CURRENCY, np.bool_)
        for index, currency in self._read.currencies.items():
            main[index] = currency == self._currency
        return main

    @cached_property
    def received(self) -> Integers:
        """When the door got each, microseconds; 0 of one that is not `in_time`."""
        return (np.where(self.in_time, self._seconds, 0) * 1e6).astype(np.int64)

    @cached_property
    def seen_days(self) -> Integers:
        """The days on which the door got them, as ordinals."""
        return days(self.received / 1e6)

    def partitions(self) -> npt.NDArray[np.int64]:
        """The partition of the log that each receipt is in."""
        return np.maximum(self._offsets // SPAN, 0)

    def keys(self) -> list[bytes]:
        """The digests of their identities."""
        return [key_digest(receipt) for receipt in self._read.receipts]

    def contents(self) -> list[bytes]:
        """The digests of what they say."""
        return self._read.contents()

    def rows(self, stream: str, wanted: Flags) -> int:
        """How many rows of a stream the receipts have that are wanted, and of the main currency."""
        return int(np.count_nonzero((wanted & self._in_main)[self._rows[stream].receipt]))

    def table(self, stream: str, names: Collection[str], wanted: Flags) -> pa.Table:
        """The rows of the receipts that are wanted, the columns named, RECEIVED and places too.

        Of the main currency alone: a window has no currency beside its sums.
        """
        rows = self._rows[stream]
        kept = pa.array(np.flatnonzero((wanted & self._in_main)[rows.receipt]))
        of_receipt = pa.array(rows.receipt)
        schema = columns.schema(STREAMS[stream])
        found: dict[str, pa.Array] = {}
        for name in (*schema.names, RECEIVED, LOG_OFFSET, LOG_ROW):
            if name not in names:
                continue
            if name == LOG_ROW:
                column = pa.array(rows.number)
            elif name in rows.own:
                column = rows.own[name]()
            else:
                column = self._of_receipts[name]().take(of_receipt)
            found[name] = column.take(kept)
        return pa.table(found)

    @cached_property
    def _rows(self) -> dict[str, _Rows]:
        read = self._read
        every = np.arange(len(self))
        of_line = np.repeat(every, self._line_counts)
        line = np.array(read.line_numbers, np.int64)
        lengths = np.array([len(each.amounts) for each in read.tenders.parts], np.int64)
        of_tender, tender = parts_of(read.tender_numbers, lengths)
        kinds = columns.schema(STREAMS[LINES])
        lines: dict[str, Callable[[], pa.Array]] = {
            name: partial(_taken, read.lines.parts, name, kinds.field(name).type, line)
            for name in LineRow._fields[1:]
        }
        tenders: dict[str, Callable[[], pa.Array]] = {
            "mechanism": lambda: pa.array(
                [text for each in read.tenders.parts for text in each.mechanisms], pa.string()
            ).take(pa.array(tender)),
            "amount": lambda: pa.array(
                [amount for each in read.tenders.parts for amount in each.amounts], pa.int64()
            ).take(pa.array(tender)),
        }
        return {
            RECEIPTS: _Rows(every, self.places, {}),
            LINES: _Rows(of_line, self._numbers(of_line, MOST_LINES), lines),
            TENDERS: _Rows(of_tender, self._numbers(of_tender, MOST_TENDERS), tenders),
        }

    def _numbers(self, of_receipt: Integers, most: int) -> Integers:
        """A number in its message for each part: that of its receipt, and its own in it."""
        begins = np.searchsorted(of_receipt, of_receipt)
        return self.places[of_receipt] * most + np.arange(len(of_receipt)) - begins

    @cached_property
    def _line_counts(self) -> Integers:
        return np.array([len(each.lines) for each in self._read.receipts], np.int64)

    @cached_property
    def _gross(self) -> Integers:
        return self._minor([each.document_total.gross_total for each in self._read.receipts])

    def _minor(self, amounts: list[float]) -> Integers:
        return minor_of(amounts, self._read.exponents())

    @cached_property
    def _of_receipts(self) -> dict[str, Callable[[], pa.Array]]:
        read = self._read
        receipts = read.receipts

        def texts(values: Sequence[object]) -> pa.Array:
            named = [None if value in (None, "") else str(value) for value in values]
            return pa.array(named, pa.string())

        def totals(values: list[float]) -> pa.Array:
            return pa.array(self._minor(values))

        return {
            "event_time": lambda: pa.array(self.event_time),
            "business_day": lambda: texts([each.day.isoformat() for each in read.moments]),
            "store": lambda: texts([each.store_id for each in receipts]),
            "till": lambda: texts([each.terminal_id for each in receipts]),
            "number": lambda: texts([each.cash_receipt_id for each in receipts]),
            "agent": lambda: texts([each.agent_id for each in receipts]),
            "type": lambda: texts([each.transaction_type for each in receipts]),
            "kind": self._kinds,
            "units": self._units,
            "net": lambda: totals([each.document_total.net_total for each in receipts]),
            "tax": lambda: totals([each.document_total.tax_payable for each in receipts]),
            "gross": lambda: pa.array(self._gross),
            "lines": lambda: pa.array(self._line_counts),
            "payments": lambda: pa.array(
                np.bincount(self._rows[TENDERS].receipt, minlength=len(self))
            ),
            RECEIVED: lambda: pa.array(self.received),
            LOG_OFFSET: lambda: pa.array(self._offsets),
        }

    def _kinds(self) -> pa.Array:
        voids = np.array(
            [each.transaction_type == "void" for each in self._read.receipts], np.bool_
        )
        codes = np.where(voids, 2, self._gross < 0).astype(np.int8)
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(_KINDS))

    def _units(self) -> pa.Array:
        quantities = np.array([each.quantity for each in self._read.lines.parts], np.int64)
        units = np.zeros(len(self), np.int64)
        line = np.array(self._read.line_numbers, np.int64)
        np.add.at(units, np.repeat(np.arange(len(self)), self._line_counts), quantities[line])
        return pa.array(units)


def _taken(parts: Sequence[LineRow], name: str, kind: pa.DataType, line: Integers) -> pa.Array:
    return pa.array([getattr(each, name) for each in parts], kind).take(pa.array(line))
