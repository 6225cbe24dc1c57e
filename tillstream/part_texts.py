"""The text of a line or of tenders as a key of what it is decoded to. Pure.

A text says no currency, and decodes to other integers in a currency of 0 or 3 digits after the
point: there it has a byte before it that no JSON begins with. In all others it is the key itself.
"""

from tillstream.currencies import EXPONENT

_PREFIXES = {0: b"\x00", 3: b"\x03"}
_EXPONENTS = {prefix: exponent for exponent, prefix in _PREFIXES.items()}


def part_key(text: bytes, exponent: int) -> bytes:
    """The key of a text in a receipt whose currency has so many digits after the point."""
    return _PREFIXES.get(exponent, b"") + text


def text_and_exponent(key: bytes) -> tuple[bytes, int]:
    """The text of a key, and the digits after the point of its amounts."""
    exponent = _EXPONENTS.get(key[:1])
    return (key, EXPONENT) if exponent is None else (key[1:], exponent)
