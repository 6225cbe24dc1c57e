"""The door's rules for one receipt, from its JSON to the line that is published. Holds no I/O."""

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from entrypoint.formats.entry import Entry
from entrypoint.problems import Violation
from entrypoint.refusals import (
    ForeignStoreError,
    InvalidReceiptError,
    NotJsonError,
    TooLargeReceiptError,
)
from entrypoint.settings import EntrypointSettings
from entrypoint.validation import ValidReceipt, stamp_trace, validate
from tillstream.accepted_count import AcceptedSale
from tillstream.clock import moment
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.http.keys import Caller
from tillstream.identity import outlined_content_digest
from tillstream.money import minor_units
from tillstream.receipt_message import stamp
from tillstream.receipt_rules import broken_rules, marks_of
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

# Receipts of one day come together.
_day = lru_cache(maxsize=256)(CurrencyDay)


class CheckedReceipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt that may be published."""

    key: str
    #: The digest of its content.
    content: bytes
    #: The line to publish, with our stamps.
    line: bytes
    #: What it adds to the door's own count.
    sale: AcceptedSale
    #: Ids of the rules that it breaks and that do not refuse it.
    marks: list[str]


class ReceiptCheck:
    """Checks receipts against the contract, the rules of the settings and the caller's stores."""

    def __init__(
        self, settings: EntrypointSettings, stores: StoreTable, tracer: "Tracer | None" = None
    ) -> None:
        self._tracer = tracer
        self._stores = stores
        self._max_bytes = settings.max_receipt_bytes
        self._ahead = settings.max_clock_ahead_seconds
        self._refused = settings.refused()
        self._currency = settings.currency

    def body_of(self, entry: Entry, format_name: str = "JSON") -> bytes:
        """The JSON of one entry of a body; raises NotJsonError or TooLargeReceiptError."""
        if entry.defect is not None:
            raise NotJsonError(entry.defect, format_name)
        if len(entry.body) > self._max_bytes:
            raise TooLargeReceiptError(len(entry.body), self._max_bytes)
        return entry.body

    def check(self, body: bytes, caller: Caller, now: float) -> CheckedReceipt:
        """The receipt in `body`, which came at `now` (Unix seconds).

        Raises NotJsonError, InvalidReceiptError or ForeignStoreError.
        """
        valid = validate(body, self._currency)
        receipt = valid.receipt
        store = str(receipt.store_id)
        if not caller.covers(store):
            raise ForeignStoreError(store)
        sold = moment(receipt.date, self._stores.calendar(store))
        gross = minor_units(receipt.document_total.gross_total, valid.exponent)
        sale = (_day(sold.day, receipt.currency or CURRENCY), store, gross)
        marks = self._marks(valid, sold.unix_seconds, now)
        content = outlined_content_digest(
            receipt, [line.content for line in valid.lines], valid.tenders.content
        )
        line = stamp(valid.line, now, marks)
        if self._tracer is not None and (trace_id := self._tracer.trace_id()) is not None:
            line = stamp_trace(line, trace_id)
        return CheckedReceipt(valid.key, content, line, sale, marks)

    def _marks(self, valid: ValidReceipt, sold: float, now: float) -> list[str]:
        broken = broken_rules(
            valid.receipt.document_total, valid.lines, valid.tenders, valid.exponent
        )
        if not broken and sold <= now + self._ahead:
            return []
        refused = [Violation(*rule) for rule in broken if rule[0] in self._refused]
        if refused:
            raise InvalidReceiptError(refused)
        return marks_of(broken, sold, now, self._ahead)
