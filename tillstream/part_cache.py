"""Caches decoded lines and tenders by their JSON text: the same ones come all day. Pure."""

from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")


class PartCache(dict[bytes, int], Generic[P]):
    """The parts of a batch: `cache[text]` is the index in `parts` of what `text` decodes to.

    Raises UndecodableMessageError for a text that does not decode.
    """

    def __init__(self, decode: Callable[[bytes], P]) -> None:
        self._decode = decode
        self.parts: list[P] = []

    def __missing__(self, text: bytes) -> int:
        self.parts.append(self._decode(text))
        self[text] = number = len(self.parts) - 1
        return number
