"""Receipts of two tiers in one order, each once; MongoDB's document wins. No I/O."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from tillstream.archive import Document

#: A place in an order: it compares with others of the same order.
Place = Any
Placing = Callable[[Document], Place]

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def placing(sort: Mapping[str, int]) -> Placing:
    """Where a document stands in the order of a query; text in the order of its code points."""
    order = list(sort.items())

    def compare(one: Document, other: Document) -> int:
        for name, way in order:
            left, right = _comparable(one, name), _comparable(other, name)
            if left != right:
                return way if left > right else -way
        return 0

    return cmp_to_key(compare)


def merged(
    in_mongo: Iterable[Document], archived: Iterable[Document], place: Placing
) -> list[Document]:
    """All of both, in order."""
    by_key = {each["_id"]: each for each in archived} | {each["_id"]: each for each in in_mongo}
    return sorted(by_key.values(), key=place)


def _comparable(document: Document, name: str) -> Any:
    """A field; of a document that was damaged the least there is."""
    value = document.get(name)
    if name == "date":
        return value if isinstance(value, datetime) else _EARLIEST
    return value if isinstance(value, str) else ""
