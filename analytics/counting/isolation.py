"""Batches of receipts that can be counted, and apart from them those that cannot. Pure.

What one receipt raises must not stop the others: a batch that cannot be read is halved until the
receipts that are to blame stand alone. They are set aside with the reason.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from pika.exceptions import AMQPError

from analytics.counting.columns import Columns, Integers, Part
from analytics.counting.decoding import read_columns
from analytics.counting.folds import Sums, summed
from tillstream.codec import JSON, decode_receipt, receipt_bodies
from tillstream.errors import TillstreamError, UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.receipt import receipt_key
from tillstream.stores import StoreTable

#: The place of a message as a whole, of which no receipt can be read.
WHOLE = -1
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


class Aside(NamedTuple):
    """A receipt that was not counted, and why."""

    offset: int
    #: Its place in its message, or WHOLE.
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
    sums: Sums
    aside: list[Aside]
    #: Of messages that are pieces of others, their places there.
    places: Sequence[int] | None = None


class Piece(NamedTuple):
    """One receipt as a message of its own, and its place in the message that it came in."""

    message: LogMessage
    place: int


#: Takes some receipts, all or none of them: none when it raises.
Take = Callable[[list[Piece]], None]


def read(
    messages: Sequence[LogMessage], stores: StoreTable, places: Sequence[int] | None = None
) -> list[Batch]:
    """Everything that can be read, as one batch unless something raises, in order.

    `places`: of messages that are pieces of others, their places there.
    """
    try:
        return [_batch(messages, stores, places)]
    except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of that receipt
        require_receipts_fault(error)
    batches: list[Batch] = []

    def take(some: list[Piece]) -> None:
        places = [piece.place for piece in some]
        batches.append(_batch([piece.message for piece in some], stores, places))

    some = pieces(messages) if places is None else list(map(Piece, messages, places))
    for fault in take_apart(some, take):
        batches.append(_batch([], stores)._replace(aside=[fault]))  # noqa: PERF401
    return batches


def take_apart(some: list[Piece], take: Take) -> Iterator[Aside]:
    """Take all receipts but those that cannot be taken alone: these are given back, in order."""
    try:
        take(some)
    except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of that receipt
        require_receipts_fault(error)
        if len(some) <= 1:
            yield from (aside(piece, f"{type(error).__name__}: {error}") for piece in some)
            return
    else:
        return
    middle = len(some) // 2
    yield from take_apart(some[:middle], take)
    yield from take_apart(some[middle:], take)


def require_receipts_fault(error: Exception) -> None:
    """Raise the error again where no receipt is to blame: a full disk, a lost broker, a stop."""
    if isinstance(error, UndecodableMessageError):
        return
    # Of SQLite's errors the base itself is that of a damaged file.
    if isinstance(error, _NO_RECEIPTS_FAULT) or type(error) is sqlite3.DatabaseError:
        raise error


def pieces(messages: Sequence[LogMessage]) -> list[Piece]:
    """Every receipt of the messages by itself; of which none can be read, the message."""
    found: list[Piece] = []
    for message in messages:
        try:
            bodies = receipt_bodies(*message[1:])
        except UndecodableMessageError:
            found.append(Piece(message, WHOLE))
            continue
        found += [
            Piece(LogMessage(message.offset, body, JSON), place)
            for place, body in enumerate(bodies)
        ]
    return found


def aside(piece: Piece, reason: str, *, undecodable: bool = False) -> Aside:
    """A receipt that is not counted."""
    key = ""
    with suppress(UndecodableMessageError, ValueError):
        key = receipt_key(decode_receipt(piece.message.body))
    offset, body, *_ = piece.message
    return Aside(
        offset, piece.place, undecodable, key, reason[:REASON_CHARACTERS], body[:KEPT_BYTES]
    )


def _batch(
    messages: Sequence[LogMessage], stores: StoreTable, places: Sequence[int] | None = None
) -> Batch:
    columns = read_columns(messages, stores)
    _require_bounds(columns)
    faults: list[Aside] = []
    for index in dict.fromkeys(index for index, *_ in columns.undecodable):
        if places is None:
            faults += _undecodable(pieces([messages[index]]), stores)
        else:
            faults += _undecodable([Piece(messages[index], places[index])], stores)
    return Batch(messages, columns, summed(columns), faults, places)


def _undecodable(some: list[Piece], stores: StoreTable) -> Iterator[Aside]:
    for piece in some:
        for _, reason, *_ in read_columns([piece.message], stores).undecodable:
            yield aside(piece, reason, undecodable=True)


def _require_bounds(columns: Columns) -> None:
    """Raise OverflowError for what sums or records cannot carry: never silently another value."""
    # Lines first: a receipt's units are sums of theirs.
    for part in (columns.lines, columns.tenders, columns.receipts):
        if largest(part) > MAX_AMOUNT:
            raise OverflowError(_TOO_LARGE)
    days = columns.seen_days
    if len(days) and not 1 <= int(days.min()) <= int(days.max()) <= MAX_DAY:
        raise OverflowError("the time of receipt is in no year from 1 to 9999")


def largest(part: Part) -> int:
    """The largest of the part's amounts, whatever its sign."""
    amounts: Integers = part.amounts
    return max(int(amounts.max()), -int(amounts.min())) if amounts.size else 0
