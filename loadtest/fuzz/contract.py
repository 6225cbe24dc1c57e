"""The contract as its JSON schema tells it: each field with its bounds, and values at their edges.

Nothing is listed by hand but the dates and UUIDs, whose patterns do not say what they mean: a field
that is added to the contract, or a bound that moves, is met here without a change.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from tillstream.receipt import Receipt

Schema = dict[str, Any]

#: Earliest and latest dates in every form that is allowed.
DATES = (
    "1900-01-01 00:00:00",
    "1900-01-01T00:00:00.000000000",
    "1900-01-01T00:00:00Z",
    "1900-01-01T00:00:00+23:59",
    "1900-01-01T00:00:00-23:59",
    "2999-12-31 23:59:59",
    "2999-12-31T23:59:59.999999999",
    "2999-12-31T23:59:59+23:59",
    "2999-12-31T23:59:59-23:59",
    "2026-03-29 02:30:00",
    "2026-10-25 02:30:00",
    "2028-02-29 23:59:59.1",
    "2026-11-28T08:00:01.1234567+01:00",
)
NO_DATES = (
    "",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+01:00",
    "1899-12-31 23:59:59",
    "3000-01-01 00:00:00",
    "9999-12-31T23:59:59",
    "9999-12-31T23:59:59-01:00",
    "2026-02-29 08:00:00",
    "2026-11-31 08:00:00",
    "2026-11-21 24:00:00",
    "2026-11-21 08:00:60",
    "2026-11-21 08:00:01.",
    "2026-11-21 08:00:01.1234567890",
    "2026-11-21 08:00:01+24:00",
    "2026-11-21 08:00:01\n",
    " 2026-11-21 08:00:01",
    "2026-11-21",
    "٢٠٢٦-11-21 08:00:01",
)
UUIDS = (
    "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "6F9619FF8B86D011B42D00C04FC964FF",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000001",
)
NO_UUIDS = (
    "",
    "-" * 32,
    "-" * 36,
    "00000000-0000-0000-0000-000000000000",
    "0" * 32,
    "6f9619ff-8b86-d011-b42d-00c04fc964ff\n",
    "6f9619ff-8b86-d011-b42d-00c04fc964f",
    "6f9619ff-8b86-d011-b42d-00c04fc964ff0",
    "6f9619ff8b86-d011-b42d-00c04fc964ff--",
    "{6f9619ff-8b86-d011-b42d-00c04fc964ff}",
)
#: What is no currency: of another form, of no country, and what nobody pays with.
NO_CURRENCIES = ("", "eur", "Eur", " EUR", "EUR\n", "EURO", "€", "978", "XXX", "XAU", "XTS", "EUЯ")
#: What no identifier may be, beside the bounds of its schema.
NO_IDENTIFIERS = ("", " ", " 1", "1 ", "1\n", "\t1", "a\nb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b")

#: Fields that are no identifiers and hold no control characters either, and what they refuse.
NAMES = frozenset({"productCategoryName", "paymentMechanism", "transactionType"})
CONTROLS = ("a\nb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b")

#: Longest text that is looked for by making it one character longer.
_LONGEST = 5_000


class Field(NamedTuple):
    """A field of a receipt: where it stands, its schema, and whether it has to be there."""

    path: tuple[str | int, ...]
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        """Its JSON path, as a refusal names it: `$.lines[0].quantity`."""
        return "$" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path
        )

    def inside(self) -> list[Any]:
        """Values at the edges of what is allowed; all of them are."""
        return list(_inside(self.schema, str(self.path[-1])))

    def outside(self) -> list[Any]:
        """Values just beyond what is allowed, and those of another type; none is allowed."""
        return list(_outside(self.schema, str(self.path[-1])))


def schema() -> Schema:
    """The JSON schema of a receipt, every reference resolved."""
    (found,), definitions = msgspec.json.schema_components([Receipt], ref_template="#/$defs/{name}")
    resolved: Schema = _resolved(found, definitions)
    return resolved


def fields() -> list[Field]:
    """Every field, of lines and tenders those of the first one."""
    return list(_walk(schema(), ()))


def changed(receipt: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy of a receipt with another value at a path."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(receipt))
    at: Any = copy
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return copy


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_resolved(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _resolved(each, definitions) for name, each in schema.items()}


def _walk(schema: Schema, path: tuple[str | int, ...]) -> Iterator[Field]:
    required = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        here = (*path, name)
        yield Field(here, each, name in required)
        yield from _walk(each, here)
        if each.get("type") == "array" and isinstance(each.get("items"), dict):
            yield from _walk(each["items"], (*here, 0))


def options(schema: Schema) -> list[Schema]:
    """The alternatives of a schema."""
    return list(schema.get("anyOf", [schema]))


def types(schema: Schema) -> set[str]:
    """The JSON types that a schema allows."""
    return {str(each["type"]) for each in options(schema)}


def bound(schema: Schema, low: bool) -> float:
    """The least or the greatest number of a schema.

    Every number has both, or no store behind the contract can be sure of its sums: raises KeyError.
    """
    found: float = schema["minimum" if low else "maximum"]
    return found


def _inside(schema: Schema, name: str) -> Iterator[Any]:
    for each in options(schema):
        match each["type"]:
            case "null":
                yield None
            case "string" if name == "date":
                yield from DATES
            case "string" if name == "receiptUUID":
                yield from UUIDS
            case "string" if "enum" in each:
                yield from each["enum"]
            case "string":
                least, most = max(each.get("minLength", 0), 0), each.get("maxLength", 100)
                # Of one byte and of four in UTF-8, and of a combining one.
                for letter in ("x", "7", "é", "\U0001f950", "\u0301", "ﷺ"):
                    yield from (letter * least, letter * most)
            case "integer":
                yield from (bound(each, low=True), bound(each, low=False))
            case "number":
                least, most = bound(each, low=True), bound(each, low=False)
                yield from (least, most, 0, 0.0, -0.0)
                yield from (value for value in (-0.01, 0.005, 0.015, 1e-9) if value >= least)
            case "array":
                yield from ()


def _outside(schema: Schema, name: str) -> Iterator[Any]:
    allowed = types(schema)
    for each in options(schema):
        match each["type"]:
            case "string" if name == "date":
                yield from NO_DATES
            case "string" if name == "receiptUUID":
                yield from NO_UUIDS
            case "string" if name == "currency":
                yield from NO_CURRENCIES
            case "string":
                if most := each.get("maxLength"):
                    yield from ("x" * (most + 1), "\U0001f950" * (most + 1))
                if each.get("minLength"):
                    yield ""
                if "integer" in allowed:
                    yield from NO_IDENTIFIERS
                if name in NAMES:
                    yield from CONTROLS
                elif "integer" not in allowed:
                    yield "a\x00b"
            case "integer":
                least, most = bound(each, low=True), bound(each, low=False)
                yield from (least - 1, most + 1)
            case "number":
                least, most = bound(each, low=True), bound(each, low=False)
                yield from (least - 0.01, most + 0.01, most * 10, 1e300)
    yield from (wrong for kind, wrong in _WRONG.items() if kind not in allowed)
    if "number" not in allowed:
        yield 1.5
    if not allowed & {"number", "integer"}:
        yield 1


#: A value of each type.
_WRONG: dict[str, Any] = {"boolean": True, "object": {}, "array": [], "string": "x", "null": None}


def matches(schema: Schema, text: str) -> bool:
    """Whether a text keeps a schema's length and pattern."""
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", _LONGEST):
        return False
    pattern = schema.get("pattern")
    return pattern is None or re.search(pattern, text) is not None
