"""The JSON of a receipt with exact amounts: Decimals in, numbers out, one text for one content."""

import json
from decimal import Decimal
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


def canonical(receipt: dict[str, Any]) -> bytes:
    """Its JSON: equal receipts give equal bytes, 1.50 and 1.5 being the same."""
    return _encode(_plain(receipt))


def parsed(body: bytes) -> dict[str, Any]:
    """The receipt of a canonical text, its amounts as Decimals."""
    found: dict[str, Any] = json.loads(body, parse_float=Decimal)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        # -0 is 0, and 1E+2 is 100.
        found = value.normalize() + 0
        exponent = found.as_tuple().exponent
        return int(found) if isinstance(exponent, int) and exponent >= 0 else found
    return value
