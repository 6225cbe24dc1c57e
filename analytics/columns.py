"""The receipts of a batch as columns, every amount an integer: what the folds work on. Pure.

A column costs a fraction of an object for each receipt, and sums of columns are exact: int64,
never a float.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from analytics.tills import till_number
from tillstream.clock import BusinessDay, event_time
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.contracts import StampedReceipt
from tillstream.errors import UndecodableMessage
from tillstream.identity import content_digest, key_digest
from tillstream.money import MILLI, MINOR_UNITS, milli_units, minor_units
from tillstream.stores import StoreTable
from tillstream.stream import LogMessage

H = TypeVar("H", bound=Hashable)
Integers = npt.NDArray[np.int64]

#: Ordinal of 1970-01-01, to make a day's ordinal from Unix seconds.
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class ReceiptFacts(NamedTuple):
    """What a whole receipt is counted by, beside its store."""

    #: Business day in the store's calendar.
    day: date
    #: Hour of the store's wall clock, "00" to "23".
    hour: str
    #: `sales`, `returns` (negative) or `voids`.
    kind: str
    #: Received after its business day had closed.
    late: bool
    #: What the door marked it with.
    marks: tuple[str, ...]


class StoreFacts(NamedTuple):
    """Where a receipt was given. Apart from ReceiptFacts, so that both have few distinct values."""

    day: date
    store: str


class LineFacts(NamedTuple):
    """What a line is counted by."""

    day: date
    category: str
    #: VAT rate in percent as text: "5.5".
    rate: str


class TenderFacts(NamedTuple):
    """What a tender is counted by."""

    day: date
    mechanism: str


class Part(NamedTuple):
    """Rows with amounts, of receipts, lines or tenders, and the facts that they are counted by."""

    #: The distinct facts, and for each row which of them it has.
    facts: list[Any]
    fact: Integers
    #: The index of the receipt that a row belongs to, ascending.
    receipt: Integers
    #: Units in thousandths, gross and net in cents: one row of three for each row.
    amounts: Integers
    #: Whether each receipt has one row.
    single: bool = False

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Part":
        """The rows of the receipts that are wanted."""
        rows = wanted[self.receipt]
        return self._replace(
            fact=self.fact[rows], receipt=self.receipt[rows], amounts=self.amounts[rows]
        )


class Columns(NamedTuple):
    """A batch, in the order of the log. The lists have an element for each receipt."""

    receipts: Part
    stores: Part
    lines: Part
    tenders: Part
    #: Digests of identity and content, and the day on which the door got it, as an ordinal.
    keys: list[bytes]
    contents: list[bytes]
    seen_days: list[int]
    #: (store, till), the till's number where it is one, its clock and the door's (Unix seconds).
    tills: list[tuple[str, str]]
    numbers: list[int | None]
    sold: list[float]
    received: list[float]
    #: Where it stands: the message's index in the batch, and its own in the message.
    messages: list[int]
    places: list[int]
    #: Messages or receipts that do not decode: the message's index, and the reason.
    undecodable: list[tuple[int, str]]

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Columns":
        """The same batch, with the amounts of the receipts that are wanted."""
        return self._replace(
            receipts=self.receipts.only(wanted),
            stores=self.stores.only(wanted),
            lines=self.lines.only(wanted),
            tenders=self.tenders.only(wanted),
        )


class _Moment(NamedTuple):
    """What a date means in a store's calendar."""

    #: Business day, and hour of the wall clock.
    when: tuple[date, str]
    sold: float
    #: When the day ends, Unix seconds.
    closes: float


def read_columns(messages: Sequence[LogMessage], stores: StoreTable) -> Columns:
    """Every receipt of the messages that decodes, and the reasons of those that do not."""
    receipts: list[StampedReceipt] = []
    moments: list[_Moment] = []
    indices: list[int] = []
    places: list[int] = []
    undecodable: list[tuple[int, str]] = []
    for index, message in enumerate(messages):
        try:
            bodies = receipt_bodies(*message[1:])
        except UndecodableMessage as error:
            undecodable.append((index, error.reason))
            continue
        for place, body in enumerate(bodies):
            try:
                receipt = decode_receipt(body)
                moment = _moment(receipt.date, stores.calendar(receipt.store_id))
            except (UndecodableMessage, ValueError, OverflowError) as error:
                undecodable.append((index, str(error)))
                continue
            receipts.append(receipt)
            moments.append(moment)
            indices.append(index)
            places.append(place)
    return _columns(receipts, moments)._replace(
        messages=indices, places=places, undecodable=undecodable
    )


# One comprehension for each column: a turn of it costs a third of a call and a tenth of a loop
# that does everything for a receipt.
def _columns(receipts: list[StampedReceipt], moments: list[_Moment]) -> Columns:
    stores = [str(receipt.store_id) for receipt in receipts]
    received = [receipt.received_time for receipt in receipts]
    totals = [receipt.document_total for receipt in receipts]
    every = np.arange(len(receipts))
    when, when_of = _numbered([moment.when for moment in moments])
    days, day_of_when = _numbered([day for day, _ in when])
    day = day_of_when[when_of]

    lines = [line for receipt in receipts for line in receipt.lines]
    of_line = np.repeat(every, [len(receipt.lines) for receipt in receipts])
    line_amounts = _amounts(
        [line.quantity for line in lines],
        [line.settlement_amount for line in lines],
        [line.credit_amount for line in lines],
    )
    tenders = [tender for receipt in receipts for tender in receipt.settlements]
    of_tender = np.repeat(every, [len(receipt.settlements) for receipt in receipts])
    amounts = _amounts(
        [], [total.gross_total for total in totals], [total.net_total for total in totals]
    )
    # The units of a receipt are those of its lines.
    np.add.at(amounts[:, 0], of_line, line_amounts[:, 0])

    kinds = np.where(amounts[:, 1] < 0, "returns", "sales").tolist()
    for index, receipt in enumerate(receipts):
        if receipt.transaction_type == "void":
            kinds[index] = "voids"
    closes = np.array([moment.closes for moment in moments])
    own_facts = list(
        zip(
            kinds, (np.array(received) >= closes).tolist(), [r.marks for r in receipts], strict=True
        )
    )
    return Columns(
        receipts=_part(
            lambda at, own: ReceiptFacts(*when[at], *own),
            when_of,
            own_facts,
            every,
            amounts,
            single=True,
        ),
        stores=_part(
            lambda at, own: StoreFacts(days[at], own), day, stores, every, amounts, single=True
        ),
        lines=_part(
            lambda at, own: LineFacts(days[at], own[0], f"{own[1]:g}"),
            day[of_line],
            [(line.product_category_name, line.tax_percentage) for line in lines],
            of_line,
            line_amounts,
        ),
        tenders=_part(
            lambda at, own: TenderFacts(days[at], own),
            day[of_tender],
            [tender.payment_mechanism for tender in tenders],
            of_tender,
            _amounts([], [tender.settlement_amount for tender in tenders], []),
        ),
        keys=[key_digest(receipt) for receipt in receipts],
        contents=[content_digest(receipt) for receipt in receipts],
        seen_days=[_EPOCH_DAY + int(at // 86_400) for at in received],
        tills=_shared(
            list(zip(stores, [str(receipt.terminal_id) for receipt in receipts], strict=True))
        ),
        numbers=[till_number(receipt.cash_receipt_id) for receipt in receipts],
        sold=[moment.sold for moment in moments],
        received=received,
        messages=[],
        places=[],
        undecodable=[],
    )


def _part(
    named: Callable[[int, Any], Any],
    common: Integers,
    own: Sequence[Hashable],
    receipt: Integers,
    amounts: Integers,
    *,
    single: bool = False,
) -> Part:
    """A part whose facts are pairs: of a few common ones, by number, and of the rows' own."""
    distinct, number = _numbered(own)
    pairs, fact = np.unique(common * len(distinct) + number, return_inverse=True)
    facts = [
        named(pair // len(distinct), distinct[pair % len(distinct)]) for pair in pairs.tolist()
    ]
    return Part(facts, fact, receipt, amounts, single)


def _numbered(values: Sequence[H]) -> tuple[list[H], Integers]:
    """The distinct values, and for each value the number of its own."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return list(numbers), np.array([numbers[value] for value in values], np.int64)


def _shared(values: Sequence[H]) -> list[H]:
    """Equal values as one object: a copy for another process names it once."""
    first: dict[H, H] = {}
    return [first.setdefault(value, value) for value in values]


def _amounts(units: list[float], gross: list[float], net: list[float]) -> Integers:
    """Units in thousandths, gross and net in cents; a list that is empty stands for zeros."""
    amounts = np.zeros((max(len(units), len(gross), len(net)), 3), np.int64)
    for column, (values, scale, exactly) in enumerate(
        (
            (units, MILLI, milli_units),
            (gross, MINOR_UNITS, minor_units),
            (net, MINOR_UNITS, minor_units),
        )
    ):
        if values:
            amounts[:, column] = _rounded(values, scale, exactly)
    return amounts


def _rounded(values: list[float], scale: int, exactly: Callable[[float], int]) -> Integers:
    """As `exactly` rounds each of them; that is only called near a tie (tillstream/money.py)."""
    scaled = np.array(values, np.float64) * scale
    nearest = np.rint(scaled)
    rounded = nearest.astype(np.int64)
    for index in np.flatnonzero(np.abs(scaled - nearest) >= 0.49):
        rounded[index] = exactly(values[index])
    return rounded


@lru_cache(maxsize=16_384)
def _moment(text: str, calendar: BusinessDay) -> _Moment:
    time = event_time(text, calendar.zone)
    day = calendar.of(text)
    wall = time.astimezone(calendar.zone)
    return _Moment((day, f"{wall.hour:02d}"), time.timestamp(), _closes(day, calendar))


@lru_cache(maxsize=1_024)
def _closes(day: date, calendar: BusinessDay) -> float:
    return calendar.starts(day + timedelta(days=1)).timestamp()
