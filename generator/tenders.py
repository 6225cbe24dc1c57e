"""How a receipt is paid: card, cash, meal voucher or two of them, to the cent."""

from random import Random
from typing import NamedTuple

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


def pay(rng: Random, gross: int, eligible: int, voucher: bool) -> tuple[Tender, ...]:
    """Tenders that add up to `gross` (cents, above 0), none of them 0.

    With `voucher`, a meal voucher pays what it may: no more than `eligible` (what is no
    alcohol) and VOUCHER_LIMIT; a paper one its face value or nothing, as it gives no change.
    """
    if voucher:
        face = rng.choice(FACE_VALUES)
        most = min(gross, eligible, VOUCHER_LIMIT)
        # Nobody hands over a paper voucher for less than its value.
        if most >= face:
            paid = face or most
            rest = gross - paid
            return _without_nothing(Tender(VOUCHER, paid), Tender(_plain(rng, rest), rest))
    if rng.random() < MIXED_SHARE:
        cash = max((part for part in CASH_PARTS if part < gross), default=0)
        return _without_nothing(Tender(CASH, cash), Tender(CARD, gross - cash))
    return (Tender(_plain(rng, gross), gross),)


def refund(rng: Random, gross: int) -> tuple[Tender, ...]:
    """One tender that pays a return back; `gross` is negative."""
    return (Tender(_plain(rng, -gross), gross),)


def reversed_tenders(tenders: tuple[Tender, ...]) -> tuple[Tender, ...]:
    """The tenders that pay back exactly what `tenders` paid, each the way it was paid."""
    return tuple(Tender(mechanism, -amount) for mechanism, amount in tenders)


def _plain(rng: Random, amount: int) -> str:
    return CASH if rng.random() < (0.65 if amount < SMALL else 0.22) else CARD


def _without_nothing(*tenders: Tender) -> tuple[Tender, ...]:
    return tuple(tender for tender in tenders if tender.amount)
