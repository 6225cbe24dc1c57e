"""Isolates receipts that cannot be decoded or counted, so that all others can. Pure.

What one receipt raises must not stop the others: a batch that raises is halved until the receipts
that are to blame stand alone. They are set aside with the reason.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from pika.exceptions import AMQPError

from analytics.counting.batch_sums import BatchSums, batch_sums
from analytics.counting.columns import AmountTable, Columns, Integers
from analytics.counting.decoding import read_columns
from tillstream.codec import decode_receipt
from tillstream.errors import TillstreamError, UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.receipt import receipt_key
from tillstream.single_receipts import SingleReceipt, single_receipts
from tillstream.stores import StoreTable

#: Bytes that are kept of what is set aside; the log and the dead letters have all of it.
KEPT_BYTES = 64 * 1024
#: Characters that are kept of a reason.
REASON_CHARACTERS = 500
#: The largest amount of a row, in cents or thousandths: far beyond the contract's, and so small
#: that the sums of a batch stay below 64 bits.
MAX_AMOUNT = 2**42
#: The largest day of receipt: an identity's record has six digits for it.
MAX_DAY = date.max.toordinal()
_NO_RECEIPTS_FAULT = (
    OSError,
    MemoryError,
    AMQPError,
    TillstreamError,
    sqlite3.OperationalError,
    sqlite3.InternalError,
)
_TOO_LARGE = "an amount is too large to be summed"


class SetAside(NamedTuple):
    """A receipt that was not counted, and why."""

    offset: int
    #: Its place in its message, or WHOLE_MESSAGE.
    place: int
    #: Whether it is no receipt; the archive has it among the dead letters then.
    undecodable: bool
    #: Its key; empty where it has none.
    key: str
    reason: str
    #: Itself as it came, at most KEPT_BYTES of it.
    receipt: bytes


class Batch(NamedTuple):
    """Messages as they were and as they are counted."""

    messages: Sequence[LogMessage]
    columns: Columns
    #: Of all its receipts, the repeated ones included.
    sums: BatchSums
    aside: list[SetAside]
    #: Of messages that are receipts of others, their places there.
    places: Sequence[int] | None = None


#: Counts some receipts, all or none of them: none when it raises.
Attempt = Callable[[list[SingleReceipt]], None]


def read_batches(
    messages: Sequence[LogMessage], stores: StoreTable, places: Sequence[int] | None = None
) -> list[Batch]:
    """Everything that can be decoded, as one batch unless something raises, in order.

    `places`: of messages that are receipts of others, their places there.
    """
    try:
        return [_batch(messages, stores, places)]
    except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of that receipt
        require_receipts_fault(error)
    batches: list[Batch] = []

    def attempt(some: list[SingleReceipt]) -> None:
        places = [one.place for one in some]
        batches.append(_batch([one.message for one in some], stores, places))

    for fault in isolate(single_receipts(messages, places), attempt):
        batches.append(_batch([], stores)._replace(aside=[fault]))  # noqa: PERF401
    return batches


def isolate(some: list[SingleReceipt], attempt: Attempt) -> Iterator[SetAside]:
    """Attempt all receipts but those that fail alone: these are given back, in order."""
    try:
        attempt(some)
    except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of that receipt
        require_receipts_fault(error)
        if len(some) <= 1:
            yield from (set_aside(one, f"{type(error).__name__}: {error}") for one in some)
            return
    else:
        return
    middle = len(some) // 2
    yield from isolate(some[:middle], attempt)
    yield from isolate(some[middle:], attempt)


def require_receipts_fault(error: Exception) -> None:
    """Raise the error again where no receipt is to blame: a full disk, a lost broker, a stop."""
    if isinstance(error, UndecodableMessageError):
        return
    # Of SQLite's errors the base itself is that of a damaged file.
    if isinstance(error, _NO_RECEIPTS_FAULT) or type(error) is sqlite3.DatabaseError:
        raise error


def set_aside(single: SingleReceipt, reason: str, *, undecodable: bool = False) -> SetAside:
    """A receipt that is not counted."""
    key = ""
    with suppress(UndecodableMessageError, ValueError):
        key = receipt_key(decode_receipt(single.message.body))
    offset, body, *_ = single.message
    return SetAside(
        offset, single.place, undecodable, key, reason[:REASON_CHARACTERS], body[:KEPT_BYTES]
    )


def _batch(
    messages: Sequence[LogMessage], stores: StoreTable, places: Sequence[int] | None = None
) -> Batch:
    columns = read_columns(messages, stores)
    _require_bounds(columns)
    faults: list[SetAside] = []
    for index in dict.fromkeys(index for index, *_ in columns.undecodable):
        place = None if places is None else [places[index]]
        for single in single_receipts([messages[index]], place):
            faults += _undecodable(single, stores)
    return Batch(messages, columns, batch_sums(columns), faults, places)


def _undecodable(single: SingleReceipt, stores: StoreTable) -> list[SetAside]:
    found = read_columns([single.message], stores).undecodable
    return [set_aside(single, reason, undecodable=True) for _, reason in found]


def _require_bounds(columns: Columns) -> None:
    """Raise OverflowError for what sums or records cannot carry: never silently another value."""
    # Of lines too: a receipt's units are sums of theirs, which may have wrapped.
    for table in columns.tables.values():
        if largest(table) > MAX_AMOUNT:
            raise OverflowError(_TOO_LARGE)
    days = columns.seen_days
    if len(days) and not 1 <= int(days.min()) <= int(days.max()) <= MAX_DAY:
        raise OverflowError("the time of receipt is in no year from 1 to 9999")


def largest(table: AmountTable) -> int:
    """The largest of the table's amounts, whatever its sign."""
    amounts: Integers = table.amounts
    return max(int(amounts.max()), -int(amounts.min())) if amounts.size else 0
