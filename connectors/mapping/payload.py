"""Reads a payload: JSON, numbers as exact decimals of their text, within bounds."""

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from connectors.mapping.documents import MappingError
from tillstream.bounds import MAX_DEPTH
from tillstream.receivers.expressions import MOST_DIGITS

#: Fields of a form.
_MOST_FIELDS = 100
#: An escape of UTF-16's surrogates. A half alone is what a name has that was cut within an emoji.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def payload(body: bytes, form_field: str | None) -> Any:
    """The JSON of a body, or of the form's field; raises MappingError."""
    if form_field is not None and body.lstrip()[:1] not in (b"{", b"["):
        body = _field(body, form_field)
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(text, parse_float=_number, parse_int=_whole, parse_constant=_no_constant)
    except RecursionError as error:
        raise _no_json(f"nested more than {MAX_DEPTH} levels deep") from error
    except ValueError as error:
        raise _no_json(str(error)) from error
    if not isinstance(found, (dict, list)):
        raise _no_json("neither an object nor a list")
    if _is_deeper(found):
        raise _no_json(f"nested more than {MAX_DEPTH} levels deep")
    return _without_halves(found) if _SURROGATE.search(text) else found


def _field(body: bytes, name: str) -> bytes:
    try:
        fields = parse_qs(body.decode(), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise _no_json(f"no form: {error}") from error
    if name not in fields:
        raise _no_json(f"the form has no field {name!r}")
    if len(fields[name]) > 1:
        raise _no_json(f"the form has {len(fields[name])} fields {name!r}")
    return fields[name][0].encode()


def _no_json(found: str) -> MappingError:
    return MappingError("payload", "$", found, "the vendor has to send JSON")


def _number(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= MOST_DIGITS else Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits")
    return number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits")
    return int(text)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _without_halves(found: Any) -> Any:
    """Each half of a pair, which no file and no broker takes, as U+FFFD."""
    if isinstance(found, str):
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(found, dict):
        return {_without_halves(key): _without_halves(value) for key, value in found.items()}
    return [_without_halves(each) for each in found] if isinstance(found, list) else found


def _is_deeper(found: Any) -> bool:
    level = [found]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
