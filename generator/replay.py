"""Receipts of a file, sent again as time goes in them, only faster or slower."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec
import structlog

from generator.issued_receipt import IssuedReceipt, Sale
from generator.records import UnreadableFileError
from generator.schedules import Schedule
from generator.summary import Summary
from generator.tenders import Tender
from tillstream.clock import event_time
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.money import milli_units, minor_units
from tillstream.receipt import Receipt

log = structlog.get_logger()

_decoder = msgspec.json.Decoder(Receipt)


class ReplayedLine(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What a line adds to the sums: minor units and thousandths."""

    category: str
    quantity_milli: int
    gross: int


class Replay(Schedule):
    """The receipts of `bodies` in their order, `speed` of their seconds in a real one.

    The first is due at once, every other one as much later as it was sold later; one that
    is older than those before it is due at once too. Identities stay, so that a second
    replay adds nothing; with `renumber` each number gets that text behind it, and the
    receipts are new ones. What cannot be read is counted and left out; a file that ends
    in the middle ends the run there.
    """

    def __init__(
        self,
        bodies: Iterator[bytes],
        zone: ZoneInfo,
        speed: float,
        summary: Summary,
        renumber: str = "",
    ) -> None:
        self._bodies = bodies
        self._zone = zone
        self._speed = speed
        self._summary = summary
        self._renumber = renumber
        self._first: float | None = None
        self._next: tuple[float, IssuedReceipt] | None = self._read()

    def due(self) -> float | None:
        """Its time since the first receipt's, at `speed`."""
        return None if self._next is None else self._next[0]

    def issue(self) -> IssuedReceipt:
        """The next one; reads the one after it."""
        assert self._next is not None  # noqa: S101  `due` has told of it
        issued, self._next = self._next[1], self._read()
        return issued

    def _read(self) -> tuple[float, IssuedReceipt] | None:
        try:
            return self._next_readable()
        except UnreadableFileError as error:
            self._summary.unreadable += 1
            log.error("the file ends here", reason=str(error))
            return None

    def _next_readable(self) -> tuple[float, IssuedReceipt] | None:
        for body in self._bodies:
            try:
                receipt = _decoder.decode(body)
                sold = event_time(receipt.date, self._zone).timestamp()
            except (msgspec.DecodeError, ValueError, OverflowError) as error:
                self._summary.unreadable += 1
                if self._summary.unreadable == 1:
                    log.error("unreadable, the first of them", reason=str(error), bytes=body[:200])
                continue
            if self._first is None:
                self._first = sold
            sent = renumbered(body, self._renumber) if self._renumber else body
            return max(0.0, sold - self._first) / self._speed, IssuedReceipt(
                sent, receipt.date, sale_of(receipt)
            )
        return None


def sale_of(receipt: Receipt) -> Sale:
    """The figures of a receipt, amounts in minor units of its currency."""
    total, exponent = receipt.document_total, exponent_of(receipt.currency)
    return Sale(
        b"",
        tuple(
            ReplayedLine(
                line.product_category_name,
                milli_units(line.quantity),
                minor_units(line.settlement_amount, exponent),
            )
            for line in receipt.lines
        ),
        tuple(
            Tender(tender.payment_mechanism, minor_units(tender.settlement_amount, exponent))
            for tender in receipt.settlements
        ),
        minor_units(total.net_total, exponent),
        minor_units(total.gross_total, exponent),
        receipt.currency or CURRENCY,
    )


def renumbered(body: bytes, mark: str) -> bytes:
    """The receipt under another number, and without a client's identity: a new receipt."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    number = msgspec.json.decode(fields["cashReceiptID"])
    # 64 characters are the contract's limit; the mark is what makes it another one.
    text = f"{number}"[: 63 - len(mark)] + f"-{mark}"
    fields["cashReceiptID"] = msgspec.Raw(msgspec.json.encode(text))
    fields.pop("receiptUUID", None)
    return msgspec.json.encode(fields)
