"""What the page Products is told: parts, each sent again only when it has changed. Pure."""

from collections.abc import Collection, Mapping
from hashlib import blake2s

import msgspec

from dashboard.state.basket_pairs import Pair
from dashboard.state.product_rows import Row


class ProductsPart(msgspec.Struct, frozen=True, rename="camel"):
    """The products of a business day; Row says their units."""

    day: str
    zone: str
    #: How the usual was found (`product_rows.Comparison`), of how many days, and until when both
    #: sides are, "HH:MM" of the store's clock.
    way: str
    days: int
    until: str
    rows: list[Row]
    #: Codes of products, as they are shown.
    falling: list[str]
    rising: list[str]
    #: Gross in cents of products that are not named.
    other: int


class SoldOutPart(msgspec.Struct, frozen=True, rename="camel"):
    """Perhaps sold out; a row is store, code, last, sold, usual by now, expected."""

    read_at: float
    rows: list[tuple[str, str, float | None, float, float, float]]
    number: int
    watched: int


class PairsPart(msgspec.Struct, frozen=True, rename="camel"):
    """Bought together, of the newest receipts: how many, and when they were sold."""

    read_at: float
    pairs: list[Pair]
    baskets: int
    larger: int
    first: float | None
    last: float | None


class ChoicesPart(msgspec.Struct, frozen=True):
    """Regions and stores in the order in which they are offered."""

    regions: list[str]
    stores: list[str]


class CategoriesPart(msgspec.Struct, frozen=True):
    """The products of each category, by its name."""

    categories: dict[str, list[str]]


class Part(msgspec.Struct, frozen=True):
    """A part as it is sent, and by what it is known."""

    body: msgspec.Raw
    version: str


class ProductsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Parts that the reader does not know; `known` names all that it knows then."""

    known: str
    #: When the figures were read, Unix seconds; None before the first reading.
    read_at: float | None
    parts: dict[str, msgspec.Raw]


def by_category(categories: Mapping[str, str], codes: Collection[str]) -> dict[str, list[str]]:
    """Of the category of each product the products of each, of some codes; both in their order."""
    found: dict[str, list[str]] = {}
    for category, code in sorted((categories[each], each) for each in codes if each in categories):
        found.setdefault(category, []).append(code)
    return found


def part(value: msgspec.Struct) -> Part:
    """A part, ready to be sent to every reader."""
    body = msgspec.json.encode(value)
    # Of the content: several processes, and one that was started again, say the same.
    return Part(msgspec.Raw(body), blake2s(body, digest_size=6).hexdigest())


def answer(parts: Mapping[str, Part], known: str, read_at: float | None) -> ProductsAnswer:
    """What is new to a reader of `known`; no part where nothing is."""
    versions = dict(each.split(":", 1) for each in known.split(",") if ":" in each)
    fresh = {name: each.body for name, each in parts.items() if versions.get(name) != each.version}
    named = ",".join(f"{name}:{each.version}" for name, each in parts.items())
    return ProductsAnswer(named, read_at, fresh)
