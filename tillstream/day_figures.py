"""The figures of a business day by store, hour, category and product, kept as they are counted.

The totals worker keeps them in the ledger, in the transaction that counts a receipt, and writes
them to the collection `day_figures`, some two seconds behind. Whoever answers a question about days
reads them there and not the receipts. Sums are exact, whatever the order of receipts
(docs/decisions/0025-kept-figures.md).

Each document is of one moment, two documents may be of two: the totals of a day (DayTotals) may
have a second of receipts that the chain's and the stores' figures do not have yet. An answer that
has to add up takes its parts and their sum from documents of one kind.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypedDict

import msgspec

#: The collection of the database MONGO_DATABASE.
DAY_FIGURES = "day_figures"

#: Most categories and products that one StoreFigures names: those with the smallest digests of
#: their names, so that the order of receipts does not matter. What else there is is added up as
#: `other`. With the longest names all of it fits MongoDB's 16 MiB.
MAX_CATEGORIES = 200
MAX_PRODUCTS = 1_500
#: Characters of a product's description that are kept.
NAME_CHARACTERS = 100


class Figures(msgspec.Struct, array_like=True, gc=False):
    """What is known of one key; whoever counts adds to it in place."""

    #: Receipts that touch the key: of several keys of one receipt each has it.
    receipts: int = 0
    #: Units in thousandths.
    units_milli: int = 0
    #: Gross and net in minor units of the day's currency.
    gross_minor: int = 0
    net_minor: int = 0


class HourFigures(Figures, array_like=True, gc=False):
    """Whole receipts of one hour."""

    #: The gross of the negative receipts among them, in cents: 0 or less.
    returns_minor: int = 0


class ProductFigures(Figures, array_like=True, gc=False):
    """The lines of one product."""

    #: The newest sale, Unix seconds, never later than the door got its receipt; and what the line
    #: called the product then, of two at once the greater text.
    last: float = 0.0
    name: str = ""


class StoreFigures(msgspec.Struct, array_like=True):
    """One business day of one store, or of the whole chain. Hours are "00" to "23" of its clock."""

    hours: dict[str, HourFigures] = {}
    #: Hour -> category -> its lines.
    categories: dict[str, dict[str, Figures]] = {}
    #: Product code -> its lines.
    products: dict[str, ProductFigures] = {}
    #: Hour -> product code -> its lines; of the whole chain only.
    product_hours: dict[str, dict[str, Figures]] = {}
    #: By hour, the lines of categories that are not named; and those of products that are not.
    other_categories: dict[str, Figures] = {}
    other_products: Figures = msgspec.field(default_factory=Figures)


class DayTotals(msgspec.Struct, array_like=True):
    """The ledger's totals of one business day of the whole chain."""

    #: Breakdown -> key -> figures: `day`, `late`, `hour`, `store`, `kind`, `mark`, `category`,
    #: `vat`, `tender`, `product` (docs/ledger.md).
    breakdowns: dict[str, dict[str, Figures]] = {}


class DayFiguresDocument(TypedDict):
    """A document of `day_figures`.

    `_id` is `totals_id(day)` or `store_id(day, store)` of a day in its currency; `store` is None
    for the day's totals and "" for the StoreFigures of the whole chain. `body` is `encode` of the
    one or the other.
    """

    _id: str
    #: Business day, YYYY-MM-DD.
    day: str
    #: By ISO 4217; documents from before there were others have none and are in euros.
    currency: str
    store: str | None
    body: bytes
    #: When it was written; it grows with each change of the document.
    writtenAt: datetime
    #: Which ledger it is of: what was written of an earlier one is removed.
    ledger: str


encode = msgspec.msgpack.Encoder().encode
decode_store: Callable[[bytes], StoreFigures] = msgspec.msgpack.Decoder(StoreFigures).decode
decode_totals: Callable[[bytes], DayTotals] = msgspec.msgpack.Decoder(DayTotals).decode


def totals_id(day: str) -> str:
    """The `_id` of the totals of a day, given as `str(CurrencyDay)`."""
    return day


def store_id(day: str, store: str) -> str:
    """The `_id` of a store's figures of a day, given as above; "" is the whole chain."""
    return f"{day}/{store}"


def add(into: Figures, other: Figures) -> None:
    """Add up what both have: receipts, units, gross, net."""
    into.receipts += other.receipts
    into.units_milli += other.units_milli
    into.gross_minor += other.gross_minor
    into.net_minor += other.net_minor


def total(some: Iterable[Figures]) -> Figures:
    """The sum of figures; receipts are counted once for each of them."""
    found = Figures()
    for each in some:
        add(found, each)
    return found


def by_hour(stores: Iterable[StoreFigures], category: str = "") -> dict[str, Figures]:
    """The figures of each hour of some stores together, of one category where it is named."""
    hours: dict[str, Figures] = {}
    for store in stores:
        if category:
            for hour, categories in store.categories.items():
                if (found := categories.get(category)) is not None:
                    add(hours.setdefault(hour, Figures()), found)
        else:
            for hour, figures in store.hours.items():
                add(hours.setdefault(hour, Figures()), figures)
    return hours


def by_category(stores: Iterable[StoreFigures]) -> dict[str, Figures]:
    """The figures of each category that is named, of some stores together."""
    found: dict[str, Figures] = {}
    for store in stores:
        for categories in store.categories.values():
            for name, figures in categories.items():
                add(found.setdefault(name, Figures()), figures)
    return found
