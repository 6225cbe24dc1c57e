"""Receipts of the log that are in no figure: not decodable, or set aside."""

from contextlib import suppress

import msgspec

from analytics.counting.isolation import SetAside
from analytics.ledger.ledger_file import Ledger
from analytics.verify.recount import Recount
from tillstream.codec import decode_receipt
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.currency_day import CurrencyDay
from tillstream.errors import UndecodableMessageError
from tillstream.identity import digest_of_key
from tillstream.money import minor_units
from tillstream.stores import StoreTable


class NotCounted(msgspec.Struct, frozen=True):
    """A receipt of the log that is in no figure."""

    offset: int
    #: Its place in its message; -1 for the whole message.
    place: int
    key: str
    reason: str
    #: Whether it is no receipt: it is among the dead letters then.
    undecodable: bool

    def line(self) -> str:
        """It in one line; what came from outside is escaped."""
        what = "not decodable" if self.undecodable else "set aside"
        where = f"offset {self.offset}" + (f", place {self.place}" if self.place >= 0 else "")
        return f"{what}: {where}, key {self.key!r}: {self.reason!r}"


def not_counted(recount: Recount, ledger: Ledger) -> list[SetAside]:
    """What cannot be counted, and what the ledger alone could not: of a day that it has dropped."""
    ours = recount.ledger.aside()
    known = {(one.offset, one.place) for one in ours}
    return ours + [
        one
        for one in ledger.aside()
        if not one.undecodable and (one.offset, one.place) not in known
    ]


def keys_aside(recount: Recount) -> set[bytes]:
    """Digests of the keys of what was set aside: the archive may well have it."""
    return {digest_of_key(one.key) for one in recount.ledger.aside() if one.key}


def heard_with_aside(
    recount: Recount, stores: StoreTable
) -> dict[tuple[CurrencyDay, str], tuple[int, int]]:
    """What the log had, with the receipts that were set aside: the door accepted them, too."""
    heard = dict(recount.counter.heard or {})
    for one in recount.ledger.aside():
        # Of one that cannot be read the door's day and amount are not known.
        with suppress(UndecodableMessageError, ValueError, OverflowError):
            if not one.undecodable:
                receipt = decode_receipt(one.receipt)
                amount, currency = receipt.document_total.gross_total, receipt.currency
                cents = minor_units(amount, exponent_of(currency))
                business_day = stores.calendar(receipt.store_id).of(receipt.date)
                day = CurrencyDay(business_day, currency or CURRENCY)
                count, gross = heard.get((day, str(receipt.store_id)), (0, 0))
                heard[day, str(receipt.store_id)] = (count + 1, gross + cents)
    return heard
