"""Which fields of a payload a mapping has read, and so which it has not."""

from collections.abc import Iterator
from typing import Any


class Reads:
    """Notes each field that is read of the payload's objects."""

    def __init__(self) -> None:
        self._read: set[tuple[int, str]] = set()
        #: Objects that stand for one of the payload; held, so that no other gets their id.
        self._stands_for: dict[int, tuple[dict[str, Any], int]] = {}

    def __call__(self, value: dict[str, Any], name: str) -> None:
        """Note a field."""
        self._read.add((self._original(value), name))

    def stands_for(self, copy: dict[str, Any], original: dict[str, Any]) -> None:
        """What is read of `copy` is read of `original`."""
        self._stands_for[id(copy)] = (copy, self._original(original))

    def _original(self, value: dict[str, Any]) -> int:
        found = self._stands_for.get(id(value))
        return id(value) if found is None else found[1]

    def not_read(self, payload: Any) -> list[str]:
        """JSON paths of what was not read, each once, of lists as `$.items[].grams`.

        A list or object that was read, and nothing within it, was used as a whole.
        """
        return list(dict.fromkeys(self._paths(payload, "$")))

    def _paths(self, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, list):
            for each in value:
                yield from self._paths(each, f"{path}[]")
        elif isinstance(value, dict):
            for name, inner in value.items():
                if (id(value), name) not in self._read:
                    yield f"{path}.{name}"
                elif self._within(inner):
                    yield from self._paths(inner, f"{path}.{name}")

    def _within(self, value: Any) -> bool:
        """Whether a field was read of what is in the value."""
        if isinstance(value, list):
            return any(map(self._within, value))
        if not isinstance(value, dict):
            return False
        return any(
            (id(value), name) in self._read or self._within(inner) for name, inner in value.items()
        )
