"""Functions of a text that remember the latest texts, within a bound of memory."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

P = TypeVar("P")

#: Texts that one function remembers in one process, and the longest of them; most lines of a
#: receipt have some 230 bytes.
REMEMBERED = 16_384
LONGEST_REMEMBERED = 4_096


def remembering(decode: Callable[[bytes], P]) -> Callable[[bytes], P]:
    """As `decode`, which is asked once for each text; each time for one that is too long."""
    remembered = lru_cache(REMEMBERED)(decode)
    return lambda text: remembered(text) if len(text) <= LONGEST_REMEMBERED else decode(text)
