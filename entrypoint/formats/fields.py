"""From the texts of XML, CSV or a form to the contract's types, guided by the contract itself."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

#: What JSON calls a number (RFC 8259, 6): no `1_0`, no `+1`, no `1,5`, no other script's digits.
_is_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_JSON_SPACE = " \t\r\n"


class Kinds(msgspec.Struct, frozen=True):
    """How the texts of one part of a receipt are read, by the names of its fields."""

    names: frozenset[str]
    numbers: frozenset[str]
    #: White space around them means nothing: identifiers, codes and the date.
    trimmed: frozenset[str]
    #: May be null, so that an empty text is no value.
    nullable: frozenset[str]


def kinds(part: type[msgspec.Struct]) -> Kinds:
    """How the texts of a part of the contract are read."""
    numbers, trimmed, nullable = set(), set(), set()
    fields = inspect.type_info(part).fields  # type: ignore[attr-defined]
    for field in fields:
        types = getattr(field.type, "types", (field.type,))
        found = {type(one) for one in types}
        if found <= {inspect.IntType, inspect.FloatType}:
            numbers.add(field.encode_name)
        if inspect.NoneType in found:
            nullable.add(field.encode_name)
        if inspect.IntType in found or field.encode_name in {
            "date",
            "receiptUUID",
            "currency",
        }:
            trimmed.add(field.encode_name)
    names = frozenset(field.encode_name for field in fields)
    return Kinds(names, frozenset(numbers), frozenset(trimmed), frozenset(nullable))


def typed(of: Kinds, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with their texts as the contract has them; what is no number stays text.

    The contract then refuses that text by its path, with the same message as for JSON.
    """
    return {
        name: _value(of, name, value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _value(of: Kinds, name: str, text: str) -> str | msgspec.Raw | None:
    if name in of.numbers:
        stripped = text.strip(_JSON_SPACE)
        # As it was written: no digit is lost on the way to the contract.
        return msgspec.Raw(stripped.encode()) if _is_number(stripped) else text
    if name in of.nullable and not text.strip():
        return None
    return text.strip() if name in of.trimmed else text
