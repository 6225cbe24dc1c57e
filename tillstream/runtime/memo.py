"""Functions of a text that remember what they gave, within a bound of memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")

#: Texts that one function remembers in one process, and the longest of them; most lines of a
#: receipt have some 230 bytes.
REMEMBERED = 16_384
LONGEST_REMEMBERED = 4_096


def remembering(decode: Callable[[bytes], P]) -> Callable[[bytes], P]:
    """As `decode`, which is asked once for each text; each time for one that is too long."""
    return _Remembered(decode).__getitem__


class _Remembered(dict[bytes, P], Generic[P]):
    """What was given for each text. When it is full it begins anew: a look-up in a dict costs a
    third of one that keeps the texts in order of use, and the day's texts are soon back.
    """

    def __init__(self, decode: Callable[[bytes], P]) -> None:
        self._decode = decode

    def __missing__(self, text: bytes) -> P:
        value = self._decode(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[text] = value
        return value
