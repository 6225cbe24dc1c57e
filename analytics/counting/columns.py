"""The receipts of a batch as columns, every amount an integer: what the folds work on. Pure.

A column costs a fraction of an object for each receipt, and sums of columns are exact: int64,
never a float.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tillstream.currency_day import CurrencyDay

Integers = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]


class ReceiptFacts(NamedTuple):
    """What a whole receipt is counted by, beside its store."""

    #: Business day in the store's calendar, and the currency.
    day: CurrencyDay
    #: Hour of the store's wall clock, "00" to "23".
    hour: str
    #: `sales`, `returns` (negative) or `voids`.
    kind: str
    #: Received after its business day had closed.
    late: bool
    #: What the door marked it with.
    marks: tuple[str, ...]


class StoreFacts(NamedTuple):
    """Where a receipt was given. Apart from ReceiptFacts, so that both have few distinct values."""

    day: CurrencyDay
    store: str


class LineFacts(NamedTuple):
    """What a line is counted by."""

    day: CurrencyDay
    category: str
    #: VAT rate in percent as text: "5.5".
    rate: str
    #: Product code as text.
    product: str


class TenderFacts(NamedTuple):
    """What a tender is counted by."""

    day: CurrencyDay
    mechanism: str


class DictionaryColumn(NamedTuple):
    """A column of few distinct values: these, and for each row the index of its own."""

    values: Sequence[Any]
    codes: Integers


class AmountTable(NamedTuple):
    """Rows with amounts, of receipts, lines or tenders, and the facts that they are counted by."""

    #: The distinct facts, and for each row which of them it has.
    facts: list[Any]
    fact: Integers
    #: The index of the receipt that a row belongs to, ascending.
    receipt: Integers
    #: Units in thousandths, gross and net in minor units: one row of three for each row.
    amounts: Integers
    #: Whether each receipt has one row.
    single: bool = False

    def only(self, wanted: npt.NDArray[np.bool_]) -> "AmountTable":
        """The rows of the receipts that are wanted."""
        rows = wanted[self.receipt]
        return self._replace(
            fact=self.fact[rows], receipt=self.receipt[rows], amounts=self.amounts[rows]
        )


class KeptColumns(NamedTuple):
    """What the figures of a day and store are counted by, beside the tables."""

    #: Of each receipt the sale, but no later than the door got it, Unix seconds.
    last: Seconds
    #: Of each row of `lines` which of the batch's line texts it has; and of each text the product
    #: code, its description as it is kept, and the category.
    line: Integers
    products: DictionaryColumn
    names: DictionaryColumn
    categories: DictionaryColumn


class Columns(NamedTuple):
    """A batch, in the order of the log. Other lists have an element a receipt."""

    #: What breakdowns sum, by what their rows are: `receipts`, `stores`, `lines`, `tenders`.
    tables: dict[str, AmountTable]
    kept: KeptColumns
    #: Digests of identity and content, and the day on which the door got it, as an ordinal.
    keys: list[bytes]
    contents: list[bytes]
    seen_days: Integers
    #: (store, till), the till's number where it is one, its clock and the door's (Unix seconds).
    tills: DictionaryColumn
    numbers: list[int | None]
    sold: Seconds
    received: Seconds
    #: Where it stands: the message's index in the batch, and its own in the message.
    messages: Integers
    places: Integers
    #: Messages or receipts that do not decode: the message's index, and the reason.
    undecodable: list[tuple[int, str]]

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Columns":
        """The same batch, with the amounts of the receipts that are wanted."""
        return self._replace(
            tables={name: table.only(wanted) for name, table in self.tables.items()},
            kept=self.kept._replace(line=self.kept.line[wanted[self.tables["lines"].receipt]]),
        )
