"""Functions of a text that remember what they gave, within a bound of memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")

#: Texts that one function remembers in one process, the longest of them, and their bytes: what a
#: text becomes takes several times as many. Most lines of a receipt have some 280 bytes, and 60,000
#: receipts of the generator 972 different ones.
REMEMBERED = 16_384
LONGEST_REMEMBERED = 1_024
REMEMBERED_BYTES = 3 * 1024 * 1024


def remembering(decode: Callable[[bytes], P]) -> Callable[[bytes], P]:
    """As `decode`, which is asked once for each text; each time for one that is too long."""
    return _Remembered(decode).__getitem__


class _Remembered(dict[bytes, P], Generic[P]):
    """What was given for each text. When it is full it begins anew: a look-up in a dict costs a
    third of one that keeps the texts in order of use, and the day's texts are soon back.
    """

    def __init__(self, decode: Callable[[bytes], P]) -> None:
        self._decode = decode
        self._room = REMEMBERED_BYTES

    def __missing__(self, text: bytes) -> P:
        value = self._decode(text)
        size = len(text)
        if size <= LONGEST_REMEMBERED:
            if size > self._room or len(self) >= REMEMBERED:
                self.clear()
                self._room = REMEMBERED_BYTES
            self[text] = value
            self._room -= size
        return value
