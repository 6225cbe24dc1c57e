"""Reads many receipts of the log at once: the quick way, each text of a line decoded once. Pure.

An element of each list stands for a receipt; what its parts are decoded to says whoever reads.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from tillstream.clock import Moment, moment
from tillstream.codec import decode_outline, decode_receipt, receipt_bodies
from tillstream.currencies import CURRENCY, EXPONENT, EXPONENTS, exponent_of
from tillstream.errors import UndecodableMessageError
from tillstream.identity import outlined_content_digest
from tillstream.log.reader import LogMessage
from tillstream.money import MINOR_UNITS, minor_units
from tillstream.outline import StampedOutline
from tillstream.part_cache import PartCache
from tillstream.part_texts import part_key
from tillstream.stores import StoreTable

#: What a receipt that does not decode raises; a date before the year 1 in UTC is no time either.
_UNREADABLE = (UndecodableMessageError, ValueError, OverflowError)
#: The place of a whole message, of which no receipt can be read.
WHOLE_MESSAGE = -1

Integers = npt.NDArray[np.int64]

#: Ordinal of 1970-01-01, to make a day's ordinal from Unix seconds.
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_SECONDS = 86_400


class Part(Protocol):
    """A line or all tenders of a receipt, decoded."""

    @property
    def content(self) -> bytes:
        """What it adds to the content of its receipt."""


L = TypeVar("L", bound=Part)
T = TypeVar("T", bound=Part)


class Undecodable(NamedTuple):
    """A message or receipt that does not decode."""

    #: The message's index in the batch, and the receipt's place in it, or WHOLE_MESSAGE.
    message: int
    place: int
    reason: str


class Outlines(Generic[L, T]):
    """The receipts of a batch that decode."""

    def __init__(
        self, decode_line: Callable[[bytes], L], decode_tenders: Callable[[bytes], T]
    ) -> None:
        self.receipts: list[StampedOutline] = []
        self.moments: list[Moment] = []
        #: Its tenders' index in `tenders`. Lines are one receipt after the other.
        self.tender_numbers: list[int] = []
        #: The currencies of those that are not in euros, by index.
        self.currencies: dict[int, str] = {}
        self.line_numbers: list[int] = []
        self.lines = PartCache(decode_line)
        self.tenders = PartCache(decode_tenders)
        #: Where it stands: its message, and its place in it.
        self.messages: list[int] = []
        self.places: list[int] = []
        self.undecodable: list[Undecodable] = []

    def read(self, messages: Sequence[LogMessage], stores: StoreTable) -> None:
        """Every receipt of the messages that decodes, and the reasons of those that do not."""
        # Names of this function: an attribute would be looked up for each receipt.
        calendar, line_number, tenders_number = stores.calendar, self.lines, self.tenders
        for index, message in enumerate(messages):
            try:
                bodies = receipt_bodies(*message[1:4])
            except UndecodableMessageError as error:
                self.undecodable.append(Undecodable(index, WHOLE_MESSAGE, error.reason))
                continue
            for place, body in enumerate(bodies):
                try:
                    receipt = decode_outline(body)
                    when = moment(receipt.date, calendar(receipt.store_id))
                    if receipt.currency is None:
                        lines = [line_number[bytes(text)] for text in receipt.lines]
                        tenders = tenders_number[bytes(receipt.settlements)]
                    else:
                        lines, tenders = self._in_currency(receipt, receipt.currency)
                except _UNREADABLE as error:
                    self.undecodable.append(Undecodable(index, place, _reason(body, error)))
                    continue
                self.receipts.append(receipt)
                self.moments.append(when)
                self.line_numbers += lines
                self.tender_numbers.append(tenders)
                self.messages.append(index)
                self.places.append(place)

    def _in_currency(self, receipt: StampedOutline, currency: str) -> tuple[list[int], int]:
        """The numbers of the lines and of the tenders of the next receipt of `receipts`."""
        exponent = exponent_of(currency)
        lines = [self.lines[part_key(bytes(text), exponent)] for text in receipt.lines]
        tenders = self.tenders[part_key(bytes(receipt.settlements), exponent)]
        if currency != CURRENCY:
            self.currencies[len(self.receipts)] = currency
        return lines, tenders

    def exponents(self) -> Integers | None:
        """Of each receipt the digits after the point of its currency; None where all have two."""
        if not self.currencies:
            return None
        found = np.full(len(self.receipts), EXPONENT, np.int64)
        for index, currency in self.currencies.items():
            found[index] = EXPONENTS[currency]
        return found

    def contents(self) -> list[bytes]:
        """The digest of each receipt's content."""
        of_line = [each.content for each in self.lines.parts]
        of_tenders = [each.content for each in self.tenders.parts]
        lines = [of_line[number] for number in self.line_numbers]
        counts = [len(receipt.lines) for receipt in self.receipts]
        ends = np.cumsum(counts).tolist()
        return [
            outlined_content_digest(
                receipt,
                lines[end - count : end],
                of_tenders[tenders],
                customer_erased=receipt.customer_erased,
            )
            for receipt, count, end, tenders in zip(
                self.receipts, counts, ends, self.tender_numbers, strict=True
            )
        ]


def parts_of(numbers: Sequence[int], lengths: Integers) -> tuple[Integers, Integers]:
    """Of receipts with parts of `numbers`, whose rows stand one after the other: for each row the
    index of its receipt, and its own among all rows.
    """
    number = np.array(numbers, np.int64)
    count = lengths[number]
    of_receipt = np.repeat(np.arange(len(number)), count)
    # Where the rows of a receipt begin among all known ones, and how far on each is.
    begin = (np.cumsum(lengths) - lengths)[number]
    row = np.arange(len(of_receipt)) + np.repeat(begin - (np.cumsum(count) - count), count)
    return of_receipt, row


def minor_of(amounts: list[float], exponents: Integers | None) -> Integers:
    """As `minor_units` rounds each of them; that is only called near a tie.

    `exponents`: the digits after the point of each; None where all have two.
    """
    scale = MINOR_UNITS if exponents is None else 10**exponents
    scaled = np.array(amounts, np.float64) * scale
    nearest = np.rint(scaled)
    found = nearest.astype(np.int64)
    for index in np.flatnonzero(np.abs(scaled - nearest) >= 0.49):
        exponent = EXPONENT if exponents is None else int(exponents[index])
        found[index] = minor_units(amounts[index], exponent)
    return found


def days(received: npt.NDArray[np.float64]) -> Integers:
    """The days of instants (Unix seconds) in UTC, as ordinals."""
    return (_EPOCH_DAY + received // _DAY_SECONDS).astype(np.int64)


def _reason(body: bytes, error: Exception) -> str:
    """Why a receipt does not decode; where in it, if a part of it does not."""
    try:
        decode_receipt(body)
    except UndecodableMessageError as whole:
        return str(whole)
    return str(error)
