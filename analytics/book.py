"""The book in memory: one message after the other is counted into it, each receipt once."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

import structlog

from analytics.folds import Totals, fold
from analytics.sales import sale_of
from analytics.tills import Till, Tills, till_number
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.contracts import StampedReceipt
from tillstream.errors import UndecodableMessage
from tillstream.identity import Identity, anonymous_content, identity_of
from tillstream.stores import StoreTable
from tillstream.stream import LogMessage

log = structlog.get_logger()

#: Ordinal of 1970-01-01, to make a day's ordinal from Unix seconds.
_EPOCH_DAY = date(1970, 1, 1).toordinal()

#: Keeps an identity seen on a day: None when it is new, else the content it was first seen with.
AddIdentity = Callable[[Identity, int], bytes | None]
#: Totals of a day so far; the book adds to them.
TotalsOf = Callable[[date], Totals]
#: Keeps a conflicting receipt: offset, key, the receipt as it came.
AddConflict = Callable[[int, bytes, bytes], None]


class Book:
    """Counts; whoever owns it decides what it stands on and when that is durable."""

    def __init__(
        self,
        stores: StoreTable,
        tills: Tills,
        totals_of: TotalsOf,
        add_identity: AddIdentity,
        add_conflict: AddConflict,
    ) -> None:
        self._stores = stores
        self._totals_of = totals_of
        self._add_identity = add_identity
        self._add_conflict = add_conflict
        self.tills = tills
        self.duplicates = 0
        self.conflicts = 0
        self.undecodable = 0
        #: Receipts that decode, and their gross in cents, by day and store, before identities are
        #: looked at; kept where somebody wants it.
        self.heard: dict[tuple[date, str], tuple[int, int]] | None = None
        #: What changed since the owner last cleared it.
        self.changed_entries: dict[date, set[tuple[str, str]]] = defaultdict(set)
        self.changed_tills: set[tuple[str, str]] = set()

    def count(self, message: LogMessage) -> None:
        """Every receipt of a message. What does not decode is left out, loudly: the
        persistence worker keeps the same bytes in the dead letters.
        """
        try:
            bodies = receipt_bodies(*message[1:])
        except UndecodableMessage as error:
            self._leave_out(message.offset, error)
            return
        for body in bodies:
            try:
                self._count(body, message.offset)
            except UndecodableMessage as error:
                self._leave_out(message.offset, error)

    def _count(self, body: bytes, offset: int) -> None:
        receipt = decode_receipt(body)
        sale = sale_of(receipt, self._stores)
        if self.heard is not None:
            where = (sale.day, sale.store)
            count, gross = self.heard.get(where, (0, 0))
            self.heard[where] = (count + 1, gross + sale.whole[1])
        identity = identity_of(receipt)
        seen_day = _EPOCH_DAY + int(receipt.received_time // 86_400)
        first_content = self._add_identity(identity, seen_day)
        if first_content is None:
            fold(self._totals_of(sale.day), sale, self.changed_entries[sale.day])
            self._hear(receipt, sale.sold)
        elif first_content in (identity.content, anonymous_content(receipt)):
            # The second: a recount from the archive met it after its customer was erased.
            self.duplicates += 1
        else:
            self.conflicts += 1
            self._add_conflict(offset, identity.key, body)
            log.warning(
                "conflict: an identity came again with other content",
                store=receipt.store_id,
                till=receipt.terminal_id,
                number=receipt.cash_receipt_id,
            )

    def _hear(self, receipt: StampedReceipt, sold: float) -> None:
        name = (str(receipt.store_id), str(receipt.terminal_id))
        till = self.tills.get(name)
        if till is None:
            till = self.tills[name] = Till(*name)
        till.hear(till_number(receipt.cash_receipt_id), sold, receipt.received_time)
        self.changed_tills.add(name)

    def _leave_out(self, offset: int, error: UndecodableMessage) -> None:
        self.undecodable += 1
        log.error("undecodable receipt, not counted", offset=offset, reason=error.reason)
