"""How a receipt is paid: card, cash, meal voucher or two of them, to the cent."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from generator.pricing import euros
from tillstream.receipt import Settlement

#: Payment mechanisms of the French till format.
CARD = "CB"
CASH = "Especes"
VOUCHER = "Ticket Restaurant"

#: Most that meal vouchers pay on a day, cents (Code du travail, art. R3262-10).
VOUCHER_LIMIT = 2500
#: Face values of paper vouchers, cents; a voucher card (0) pays any sum.
FACE_VALUES = (0, 0, 0, 800, 900, 1000, 1100)
#: Coins and notes people hand over before they pay the rest by card, cents.
CASH_PARTS = (200, 500, 1000, 2000)
#: Below this many cents most people pay in cash.
SMALL = 300
#: Share of the receipts paid partly in cash and partly by card.
MIXED_SHARE = 0.02


class Tender(NamedTuple):
    """A part of the gross total and how it was paid; cents, negative when paid back."""

    mechanism: str
    amount: int


class Payment(NamedTuple):
    """How a whole receipt is paid, and the same as a JSON list."""

    tenders: tuple[Tender, ...]
    text: bytes


#: Gives numbers of [0, 1), each as likely.
Draw = Callable[[], float]


def pay(draw: Draw, gross: int, eligible: int, voucher: bool) -> Payment:
    """Tenders that add up to `gross` (cents, above 0), none of them 0.

    With `voucher`, a meal voucher pays what it may: no more than `eligible` (what is no
    alcohol) and VOUCHER_LIMIT; a paper one its face value or nothing, as it gives no change.
    """
    if voucher:
        face = FACE_VALUES[int(draw() * len(FACE_VALUES))]
        most = min(gross, eligible, VOUCHER_LIMIT)
        # Nobody hands over a paper voucher for less than its value.
        if most >= face:
            paid = face or most
            rest = gross - paid
            return _payment((VOUCHER, paid), (_plain(draw, rest), rest))
    if draw() < MIXED_SHARE:
        cash = max((part for part in CASH_PARTS if part < gross), default=0)
        return _payment((CASH, cash), (CARD, gross - cash))
    return _payment((_plain(draw, gross), gross))


def refund(draw: Draw, gross: int) -> Payment:
    """One tender that pays a return back; `gross` is negative."""
    return _payment((_plain(draw, -gross), gross))


def reversed_payment(tenders: tuple[Tender, ...]) -> Payment:
    """The tenders that pay back exactly what `tenders` paid, each the way it was paid."""
    return _payment(*((tender.mechanism, -tender.amount) for tender in tenders))


# Most receipts cost what thousands before them cost, and are paid the same way.
@lru_cache(maxsize=1 << 15)
def _payment(*parts: tuple[str, int]) -> Payment:
    tenders = tuple(Tender(mechanism, amount) for mechanism, amount in parts if amount)
    wires = [
        Settlement(payment_mechanism=mechanism, settlement_amount=euros(amount))
        for mechanism, amount in tenders
    ]
    return Payment(tenders, msgspec.json.encode(wires))


def _plain(draw: Draw, amount: int) -> str:
    return CASH if draw() < (0.65 if amount < SMALL else 0.22) else CARD
