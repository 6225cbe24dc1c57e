"""Stores that sell in another currency: which ones, and what a sale of theirs costs there."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple, cast

import msgspec

from generator.issued_receipt import Sale
from generator.pricing import PricedLine, Tariff, major, priced_line
from generator.tenders import CARD, CASH, Tender
from tillstream.currencies import EXPONENTS
from tillstream.receipt import DocumentTotal, Settlement

#: How a shelf price in cents is written elsewhere: times `per_cent` over `of`, to whole `step`s of
#: minor units. Levels of prices as they are there, not a rate of exchange.
TARIFFS: Mapping[str, Tariff] = {
    # 1.30 euros are 210 yen, 1.95 francs, 0.430 dinars.
    "JPY": Tariff("JPY", EXPONENTS["JPY"], 16, 10, 10),
    "CHF": Tariff("CHF", EXPONENTS["CHF"], 15, 10, 5),
    "KWD": Tariff("KWD", EXPONENTS["KWD"], 33, 10, 5),
}
#: Sales that are kept as they are written elsewhere.
SALES_KEPT = 1 << 15


class CurrencyShare(NamedTuple):
    """Of all stores this share sells in a currency."""

    code: str
    share: float


def parse(text: str) -> tuple[CurrencyShare, ...]:
    """`JPY=0.1,KWD=0.05`; raises ValueError."""
    found = []
    for part in text.split(","):
        code, _, share = part.partition("=")
        if code not in TARIFFS:
            raise ValueError(code)
        found.append(CurrencyShare(code, float(share)))
    shares = [each.share for each in found]
    if min(shares) < 0 or sum(shares) > 1 or len({each.code for each in found}) < len(found):
        raise ValueError(text)
    return tuple(found)


class StoreCurrencies:
    """Which store sells in which currency: by the seed and its number, whatever is sold when."""

    def __init__(self, seed: int, shares: Sequence[CurrencyShare]) -> None:
        self._seed, self._shares = seed, shares
        self._known: dict[int, Tariff | None] = {}

    def of(self, store: int) -> Tariff | None:
        """None where it sells in euros."""
        if store not in self._known:
            luck = Random(f"{self._seed}/currency/{store}").random()
            self._known[store] = None
            for code, share in self._shares:
                if 0 <= luck < share:
                    self._known[store] = TARIFFS[code]
                luck -= share
        return self._known[store]


@lru_cache(maxsize=SALES_KEPT)
def sold_elsewhere(sale: Sale, tariff: Tariff) -> Sale:
    """The same lines at the prices of another currency, paid by card, or in cash if it was cash."""
    sold = cast(Sequence[PricedLine], sale.lines)
    lines = [
        priced_line(line.product, line.quantity_milli, line.eat_in, number, tariff)
        for number, line in enumerate(sold, 1)
    ]
    net, gross = sum(line.net for line in lines), sum(line.gross for line in lines)
    mechanism = CASH if all(each.mechanism == CASH for each in sale.tenders) else CARD
    total = DocumentTotal(
        net_total=major(net, tariff.exponent),
        tax_payable=major(gross - net, tariff.exponent),
        gross_total=major(gross, tariff.exponent),
    )
    tender = Settlement(
        payment_mechanism=mechanism, settlement_amount=major(gross, tariff.exponent)
    )
    text = b'%b],"documentTotal":%b,"settlements":%b,"currency":"%b"%b' % (
        b",".join([line.text for line in lines]),
        msgspec.json.encode(total),
        msgspec.json.encode([tender]),
        tariff.code.encode(),
        # What a return or a void is marked by.
        sale.text[sale.text.rindex(b"]") + 1 :],
    )
    return Sale(text, lines, (Tender(mechanism, gross),), net, gross, tariff.code)
