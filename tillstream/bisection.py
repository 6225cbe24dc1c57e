"""Finds the items that fail alone among many that are worked on together. Pure."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar


class Sliceable(Protocol):
    """A sequence, as far as it is halved."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Any: ...


S = TypeVar("S", bound=Sliceable)


def isolate(
    some: S, attempt: Callable[[S], None], require_fault: Callable[[Exception], None]
) -> Iterator[tuple[S, Exception]]:
    """Attempt all items but those that fail alone: these are given back with their error, in order.

    An attempt deals with all of some items, or with none of them when it raises. `require_fault`
    raises an error again that no item is to blame for.
    """
    try:
        attempt(some)
    except Exception as error:  # noqa: BLE001 - whatever an item raises is of that item
        require_fault(error)
        if len(some) <= 1:
            if len(some):
                yield some, error
            return
    else:
        return
    middle = len(some) // 2
    yield from isolate(some[:middle], attempt, require_fault)
    yield from isolate(some[middle:], attempt, require_fault)
