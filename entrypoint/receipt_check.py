"""What a receipt goes through between its JSON and the publisher: checked, marked, remembered."""

import msgspec

from entrypoint.metrics import Metrics
from entrypoint.recent import DifferentContentError, Recent
from entrypoint.rules import broken_rules
from entrypoint.settings import EntrypointSettings
from entrypoint.validation import ValidReceipt, stamp, validate
from entrypoint.violations import InvalidReceiptError, Violation
from tillstream.accepted_count import AcceptedSale
from tillstream.clock import moment
from tillstream.http.keys import Caller
from tillstream.identity import outlined_content_digest
from tillstream.money import minor_units
from tillstream.stores import StoreTable

#: Mark of a receipt that is dated further ahead of our clock than the setting allows.
CLOCK_AHEAD = "clock-ahead"


class ConflictError(Exception):
    """A receipt whose identity is known with other content; `key` is the identity."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class ForeignStoreError(Exception):
    """A receipt of a store that the caller may not send for."""

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(store)


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A receipt that may be published: its key, its content, its line; or is durable already."""

    key: str
    #: The digest of its content.
    content: bytes
    #: The line to publish, with our stamps; empty when the broker is known to have it.
    line: bytes
    #: What it adds to the door's own count.
    sale: AcceptedSale


class Intake:
    """The door's rules for one receipt. Holds no I/O."""

    def __init__(
        self,
        settings: EntrypointSettings,
        stores: StoreTable,
        recent: Recent,
        metrics: Metrics,
    ) -> None:
        self._stores = stores
        self._ahead = settings.max_clock_ahead_seconds
        self._refused = settings.refused()
        self._recent = recent
        self._metrics = metrics

    def take(self, body: bytes, caller: Caller, now: float) -> Taken:
        """The receipt in `body`, which came at `now` (Unix seconds), ready to be published.

        Raises NotJsonError, InvalidReceiptError, ForeignStoreError or ConflictError.
        """
        valid = validate(body)
        receipt = valid.receipt
        store = str(receipt.store_id)
        if not caller.covers(store):
            raise ForeignStoreError(store)
        sold = moment(receipt.date, self._stores.calendar(store))
        sale = (sold.day, store, minor_units(receipt.document_total.gross_total))
        marks = self._marks(valid, sold.unix_seconds, now)
        content = outlined_content_digest(
            receipt, [line.content for line in valid.lines], valid.tenders.content
        )
        try:
            if self._recent.is_confirmed(valid.key, content):
                return Taken(valid.key, content, b"", sale)
        except DifferentContentError as error:
            raise ConflictError(valid.key) from error
        for mark in marks:
            self._metrics.marked(mark)
        return Taken(valid.key, content, stamp(valid.line, now, marks), sale)

    def _marks(self, valid: ValidReceipt, sold: float, now: float) -> list[str]:
        broken = broken_rules(valid.receipt.document_total, valid.lines, valid.tenders)
        if not broken and sold <= now + self._ahead:
            return []
        refused = [Violation(*rule) for rule in broken if rule[0] in self._refused]
        if refused:
            raise InvalidReceiptError(refused)
        marks = list(dict.fromkeys(rule for rule, _, _ in broken))
        if sold > now + self._ahead:
            marks.append(CLOCK_AHEAD)
        return marks
