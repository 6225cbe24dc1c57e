"""Tills that print receipts: sales, returns and voids, internally consistent to the cent."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

import msgspec

from generator.baskets import basket, hour_of
from generator.chain import Chain
from generator.counters import Counters
from generator.currencies import CurrencyShare, StoreCurrencies, sold_elsewhere
from generator.issued_receipt import IssuedReceipt, Sale
from generator.pricing import AmountTexts, PricedLine, priced_line, reversed_line
from generator.shopping_trips import SUNDAY
from generator.tenders import Payment, pay, refund, reversed_payment
from generator.trading import TradingChain
from tillstream.clock import Clock
from tillstream.money import MILLI

#: Shares of all receipts. A return is goods brought back; a void takes back, in full, the
#: receipt that its till has just printed; a void line takes back an item keyed by mistake.
RETURN_SHARE = 0.006
VOID_SHARE = 0.003
VOID_LINE_SHARE = 0.01
#: Share of the sales to people with a loyalty card; the others are customer 0.
LOYAL_SHARE = 0.3
LOYAL_CUSTOMERS = 250_000
LOYAL_FACTOR = LOYAL_CUSTOMERS / LOYAL_SHARE
#: Different sales of an hour of the week, and for how many hours they are kept: 15 MB each.
SALES_KEPT = 16_384
HOURS_KEPT = 4
#: Sales that a customer considers where a product is sold out or out of favour.
MAX_CHOICES = 30


class _ToVoid(NamedTuple):
    """A sale that its till takes back at once."""

    place: int
    number: int
    sale: Sale


class Tills:
    """All tills of a chain, printing one receipt after the other.

    `clock` gives Unix seconds, `zone` is the wall time of the stores. The same seed, the same
    counters and the same clock give the same bytes; a later run of the same seed starts from
    other counters, and so has other shoppers.

    An hour of the week has SALES_KEPT sales, drawn as they are first needed; each customer
    has one of them. What differs from customer to customer is all that is written anew.
    """

    def __init__(
        self,
        chain: Chain | TradingChain,
        counters: Counters,
        clock: Clock,
        zone: ZoneInfo,
        seed: int,
        currencies: Sequence[CurrencyShare] = (),
    ) -> None:
        #: Whose stores open and close; None of a chain that never does.
        self._trading = chain if isinstance(chain, TradingChain) else None
        self._chain = Chain((), ()) if isinstance(chain, TradingChain) else chain
        self._counters = counters
        self._clock = clock
        self._zone = zone
        self._draw = Random(f"{seed}/{counters.issued()}").random
        self._amounts = AmountTexts()
        self._currencies = StoreCurrencies(seed, currencies) if currencies else None
        #: By the place of the till in the chain, then by its agent.
        self._headers: dict[int, tuple[bytes, ...]] = {}
        self._sales: dict[tuple[int, int], list[Sale | None]] = {}
        self._second = -1
        self._date = ""
        self._middle = b""
        self._weekday, self._hour = 0, 0
        self._to_void: _ToVoid | None = None

    def issue(self, at: float | None = None) -> IssuedReceipt:
        """The next receipt, dated `at` (Unix seconds) or now; its number is from the counters."""
        return self.issue_many(1, at)[0]

    def issue_many(self, count: int, at: float | None = None) -> list[IssuedReceipt]:
        """The next `count` receipts, all dated `at` or now."""
        now = self._clock() if at is None else at
        self._look_at_the_clock(now)
        trading = self._trading
        if trading is not None:
            self._chain = trading.chain_at(now)
        # Looked up once: this loop is the pace of the whole generator.
        tills, cumulative = self._chain
        shoppers, draw, headers = cumulative[-1], self._draw, self._headers
        currencies = self._currencies
        sales, date, middle = self._sales_of_the_hour(), self._date, self._middle
        last, issued = len(tills) - 1, list[IssuedReceipt]()
        with self._counters.held() as take:
            for _ in range(count):
                end = None
                if self._to_void is not None:
                    place, voided, sale = self._to_void
                    self._to_void = None
                    end = b',"transactionType":"void","voidedReceiptID":%d}' % voided
                    sale = self._reversed(sale, end)
                    till = tills[place]
                    number = take(till.store, till.number)
                else:
                    place = bisect_right(cumulative, draw() * shoppers, 0, last)
                    till = tills[place]
                    number = take(till.store, till.number)
                    luck = draw()
                    if luck < RETURN_SHARE:
                        sale = self._return()
                    else:
                        slot = int(draw() * SALES_KEPT)
                        sale = sales[slot] or self._new_sale(sales, slot)
                        if trading is not None:
                            # Somebody who finds nothing takes something else.
                            for _ in range(MAX_CHOICES):
                                if not trading.refuses(sale.lines, till.store, now, draw()):
                                    break
                                slot = int(draw() * SALES_KEPT)
                                sale = sales[slot] or self._new_sale(sales, slot)
                        if luck < RETURN_SHARE + VOID_SHARE:
                            self._to_void = _ToVoid(place, number, sale)
                if currencies is not None and (tariff := currencies.of(till.store)) is not None:
                    sale = sold_elsewhere(sale, tariff)
                if trading is not None:
                    date, middle = self._written_by(trading.zone(till.store), now)
                header = (headers.get(place) or self._new_header(place))[int(draw() * till.staff)]
                loyal = draw()
                customer = 1 + int(loyal * LOYAL_FACTOR) if loyal < LOYAL_SHARE else 0
                start = b'{"cashReceiptID":%d%b%d%b' % (number, header, customer, middle)
                issued.append(IssuedReceipt(start + sale.text, date, sale, till))
        return issued

    def _written_by(self, zone: ZoneInfo, now: float) -> tuple[str, bytes]:
        """The date by a clock, and the same within a receipt."""
        if zone is self._zone:
            return self._date, self._middle
        date = f"{datetime.fromtimestamp(int(now), zone):%Y-%m-%d %H:%M:%S}"
        return date, f',"date":"{date}","lines":['.encode()

    def _new_header(self, place: int) -> tuple[bytes, ...]:
        till = self._chain.tills[place]
        store = till.store if self._trading is None else self._trading.store_id(till.store)
        self._headers[place] = texts = tuple(
            b',"storeID":%b,"terminalID":%d,"agentID":%d,"customerID":'
            % (msgspec.json.encode(store), till.number, agent)
            for agent in range(1, till.staff + 1)
        )
        return texts

    def _new_sale(self, sales: list[Sale | None], slot: int) -> Sale:
        draw, hour = self._draw, hour_of(self._weekday, self._hour)
        plan = hour.plans[bisect_right(hour.cumulative, draw())]
        lines = basket(draw, plan)
        if draw() < VOID_LINE_SHARE:
            taken = lines[int(draw() * len(lines))].product
            mistake = priced_line(taken, MILLI, plan.eat_in, len(lines) + 1)
            lines += (mistake, reversed_line(mistake, len(lines) + 2))
        gross = sum(line.gross for line in lines)
        eligible = sum(line.gross for line in lines if not line.product.alcohol)
        # Meal vouchers are not valid on Sundays (Code du travail, art. R3262-8).
        voucher = draw() < plan.trip.voucher and self._weekday != SUNDAY
        sale = self._sale(lines, pay(draw, gross, eligible, voucher))
        sales[slot] = sale
        return sale

    def _return(self) -> Sale:
        draw, hour = self._draw, hour_of(self._weekday, self._hour)
        sold = basket(draw, hour.plans[bisect_right(hour.cumulative, draw())])[0]
        line = priced_line(sold.product, -sold.quantity_milli, eat_in=False, number=1)
        return self._sale([line], refund(draw, line.gross), b',"transactionType":"return"}')

    def _reversed(self, sale: Sale, end: bytes) -> Sale:
        # Every sale of these tills is of priced lines.
        sold = cast(Sequence[PricedLine], sale.lines)
        lines = [reversed_line(line, number) for number, line in enumerate(sold, 1)]
        return self._sale(lines, reversed_payment(sale.tenders), end)

    def _sale(self, lines: Sequence[PricedLine], payment: Payment, end: bytes = b"}") -> Sale:
        amounts = self._amounts
        net, gross = sum(line.net for line in lines), sum(line.gross for line in lines)
        text = b'%b],"documentTotal":{"netTotal":%b,"taxPayable":%b,"grossTotal":%b},' % (
            b",".join([line.text for line in lines]),
            amounts[net],
            amounts[gross - net],
            amounts[gross],
        )
        text += b'"settlements":%b%b' % (payment.text, end)
        return Sale(text, lines, payment.tenders, net, gross)

    def _sales_of_the_hour(self) -> list[Sale | None]:
        hour = (self._weekday, self._hour)
        if hour not in self._sales:
            if len(self._sales) >= HOURS_KEPT:
                del self._sales[next(iter(self._sales))]
            self._sales[hour] = [None] * SALES_KEPT
        return self._sales[hour]

    def _look_at_the_clock(self, now: float) -> None:
        # Thousands of receipts share a second, and so their text and their hour.
        second = int(now)
        if second != self._second:
            wall = datetime.fromtimestamp(second, self._zone)
            self._second = second
            self._date = wall.strftime("%Y-%m-%d %H:%M:%S")
            self._middle = f',"date":"{self._date}","lines":['.encode()
            self._weekday, self._hour = wall.weekday(), wall.hour
