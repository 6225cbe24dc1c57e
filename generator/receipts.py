"""Tills that print receipts: sales, returns and voids, internally consistent to the cent."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from generator.chain import Chain, Till
from generator.counters import Counters
from generator.occasions import OCCASIONS, SUNDAY, basket, crowd
from generator.pricing import PricedLine, euros, priced_line, reversed_line
from generator.tenders import Tender, pay, refund, reversed_tenders
from tillstream.clock import Clock
from tillstream.contracts import DocumentTotal, Receipt, Settlement
from tillstream.money import MILLI

#: Shares of all receipts. A return is goods brought back; a void takes back, in full, the
#: receipt that its till has just printed; a void line takes back an item keyed by mistake.
RETURN_SHARE = 0.006
VOID_SHARE = 0.003
VOID_LINE_SHARE = 0.01
#: Share of the sales to people with a loyalty card; the others are customer 0.
LOYAL_SHARE = 0.3
LOYAL_CUSTOMERS = 250_000


class TillReceipt(Receipt, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A receipt as these tills send it, with what is not a sale marked as their own fields do."""

    transaction_type: Literal["sale", "return", "void"] = "sale"
    #: Number of the receipt of the same till that a void takes back.
    voided_receipt_id: int | None = None


class Issued(NamedTuple):
    """A printed receipt: as JSON, as sent, and its figures in cents."""

    body: bytes
    receipt: TillReceipt
    lines: tuple[PricedLine, ...]
    tenders: tuple[Tender, ...]
    net: int
    tax: int
    gross: int


class Tills:
    """All tills of a chain, printing one receipt after the other.

    `clock` gives Unix seconds, `zone` is the wall time of the stores. The same seed, the same
    counters and the same clock give the same bytes; a later run of the same seed starts from
    other counters, and so has other shoppers.
    """

    def __init__(
        self, chain: Chain, counters: Counters, clock: Clock, zone: ZoneInfo, seed: int
    ) -> None:
        self._chain = chain
        self._counters = counters
        self._clock = clock
        self._zone = zone
        self._rng = Random(f"{seed}/{counters.issued()}")
        self._encoder = msgspec.json.Encoder()
        self._second = -1
        self._date = ""
        self._crowd: Sequence[float] = ()
        self._sunday = False
        self._to_void: tuple[Till, Issued] | None = None

    def issue(self) -> Issued:
        """The next receipt, dated now; its number is taken from the counters."""
        self._look_at_the_clock()
        if self._to_void is not None:
            (till, original), self._to_void = self._to_void, None
            return self._void(till, original)
        rng = self._rng
        till = rng.choices(self._chain.tills, cum_weights=self._chain.cumulative)[0]
        if rng.random() < RETURN_SHARE:
            return self._return(till)
        issued = self._sale(till)
        if rng.random() < VOID_SHARE:
            self._to_void = (till, issued)
        return issued

    def _sale(self, till: Till) -> Issued:
        rng = self._rng
        occasion = rng.choices(OCCASIONS, cum_weights=self._crowd)[0]
        eat_in = rng.random() < occasion.eat_in
        lines = [
            priced_line(product, quantity, eat_in, number)
            for number, (product, quantity) in enumerate(basket(rng, occasion), 1)
        ]
        if rng.random() < VOID_LINE_SHARE:
            mistake = priced_line(rng.choice(lines).product, MILLI, eat_in, len(lines) + 1)
            lines += (mistake, reversed_line(mistake, len(lines) + 2))
        gross = sum(line.gross for line in lines)
        eligible = sum(line.gross for line in lines if not line.product.alcohol)
        # Meal vouchers are not valid on Sundays (Code du travail, art. R3262-8).
        voucher = rng.random() < occasion.voucher and not self._sunday
        return self._print(till, lines, pay(rng, gross, eligible, voucher))

    def _return(self, till: Till) -> Issued:
        rng = self._rng
        occasion = rng.choices(OCCASIONS, cum_weights=self._crowd)[0]
        product, quantity = basket(rng, occasion)[0]
        line = priced_line(product, -quantity, eat_in=False, number=1)
        return self._print(till, [line], refund(rng, line.gross), "return")

    def _void(self, till: Till, original: Issued) -> Issued:
        lines = [reversed_line(line, number) for number, line in enumerate(original.lines, 1)]
        number = original.receipt.cash_receipt_id
        assert isinstance(number, int)  # noqa: S101  our own tills number with integers
        return self._print(till, lines, reversed_tenders(original.tenders), "void", number)

    def _print(
        self,
        till: Till,
        lines: Sequence[PricedLine],
        tenders: tuple[Tender, ...],
        kind: Literal["sale", "return", "void"] = "sale",
        voided: int | None = None,
    ) -> Issued:
        rng = self._rng
        net = sum(line.net for line in lines)
        gross = sum(line.gross for line in lines)
        loyal = rng.random() < LOYAL_SHARE
        receipt = TillReceipt(
            cash_receipt_id=self._counters.take(till.store, till.number),
            store_id=till.store,
            terminal_id=till.number,
            agent_id=rng.randint(1, till.staff),
            customer_id=rng.randint(1, LOYAL_CUSTOMERS) if loyal else 0,
            date=self._date,
            lines=tuple(line.wire for line in lines),
            document_total=DocumentTotal(
                net_total=euros(net), tax_payable=euros(gross - net), gross_total=euros(gross)
            ),
            settlements=tuple(
                Settlement(payment_mechanism=mechanism, settlement_amount=euros(amount))
                for mechanism, amount in tenders
            ),
            transaction_type=kind,
            voided_receipt_id=voided,
        )
        body = self._encoder.encode(receipt)
        return Issued(body, receipt, tuple(lines), tenders, net, gross - net, gross)

    def _look_at_the_clock(self) -> None:
        # Thousands of receipts share a second, and so their text and their hour.
        second = int(self._clock())
        if second != self._second:
            wall = datetime.fromtimestamp(second, self._zone)
            self._second = second
            self._date = wall.strftime("%Y-%m-%d %H:%M:%S")
            self._crowd = crowd(wall.weekday(), wall.hour)
            self._sunday = wall.weekday() == SUNDAY
