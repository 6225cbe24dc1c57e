"""Why a body is not a receipt: every rule that it breaks, each with its JSON path."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import jsonschema
import msgspec
from jsonschema.exceptions import ValidationError as SchemaError

from entrypoint.problems import MAX_VIOLATIONS, Violation
from entrypoint.refusals import InvalidReceiptError, NotJsonError
from entrypoint.syntax_errors import json_error
from tillstream.bounds import PATTERNS_IN_WORDS, THOUSANDTHS_LIMIT
from tillstream.currencies import EXPONENTS, IN_WORDS
from tillstream.receipt import DocumentTotal, Line, Receipt, Settlement

#: The contract as JSON Schema 2020-12: the source of the OpenAPI document as well.
SCHEMA = msgspec.json.schema(Receipt)
_schema_validator = jsonschema.Draft202012Validator(SCHEMA)

#: What the items of the contract's lists are called in XML, by the path of the list.
ITEMS = {"$.lines": "line", "$.settlements": "settlement"}


def date_violation(text: str) -> Violation | None:
    """The violation of a text that is no time of the calendar; None when it is one."""
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        return Violation("date", "$.date", f"{text!r} is not a time of the calendar: {error}")
    return None


def nul_violations(body: bytes) -> list[Violation]:
    """Each text with NUL in the JSON `body` of MAX_DEPTH levels at most, names of fields too."""
    return [
        Violation("characters", path, "holds NUL (\\u0000), which no text may have; leave it out")
        for path in islice(_paths_of_nul(_decoded(body), "$"), MAX_VIOLATIONS)
    ]


def _paths_of_nul(value: Any, path: str) -> Iterator[str]:
    match value:
        case str():
            if "\0" in value:
                yield path
        case list():
            for place, item in enumerate(value):
                yield from _paths_of_nul(item, f"{path}[{place}]")
        case dict():
            for name, item in value.items():
                at = f"{path}.{_cut(name)}".replace("\0", "\\u0000")
                if "\0" in name:
                    yield at
                yield from _paths_of_nul(item, at)


class _Parts(msgspec.Struct, rename="camel"):
    """What has amounts; of a field that stands there twice the last one, as everywhere."""

    document_total: msgspec.Raw
    lines: msgspec.Raw
    settlements: msgspec.Raw


def too_large(currency: str, body: bytes) -> list[Violation]:
    """The amounts of a receipt above THOUSANDTHS_LIMIT, which is in a currency of thousandths.

    `body` keeps the rest of the contract.
    """
    found = msgspec.json.decode(body, type=_Parts)
    total = msgspec.json.decode(found.document_total, type=DocumentTotal)
    lines = msgspec.json.decode(found.lines, type=list[Line])
    tenders = msgspec.json.decode(found.settlements, type=list[Settlement])
    several: tuple[tuple[str, Sequence[msgspec.Struct]], ...] = (
        ("lines", lines),
        ("settlements", tenders),
    )
    amounts = [
        *((f"$.documentTotal.{name}", amount) for name, amount in _amounts(total)),
        *(
            (f"$.{of}[{index}].{name}", amount)
            for of, parts in several
            for index, part in enumerate(parts)
            for name, amount in _amounts(part)
        ),
    ]
    return [
        Violation(
            "maximum",
            path,
            f"must be within {THOUSANDTHS_LIMIT} {currency} of 0, found {amount:g};"
            " divide what is sold into several receipts",
        )
        for path, amount in amounts
        if abs(amount) > THOUSANDTHS_LIMIT
    ]


_AMOUNTS = {
    *DocumentTotal.__struct_fields__,
    *("unit_price", "credit_amount", "settlement_amount"),
}


def _amounts(part: msgspec.Struct) -> Iterator[tuple[str, float]]:
    wire = dict(zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True))
    for name in sorted(_AMOUNTS & wire.keys()):
        yield wire[name], getattr(part, name)


def explain(body: bytes, error: Exception) -> NotJsonError | InvalidReceiptError:
    """Every violation: the decoder stops at the first one, the schema does not."""
    try:
        decoded = _decoded(body)
    except (ValueError, RecursionError) as not_json:
        return NotJsonError(json_error(body, not_json))
    return InvalidReceiptError(_all_violations(decoded, str(error)))


def _all_violations(decoded: Any, first: str) -> Iterator[Violation]:
    """Every violation of a JSON value; `first` is what the decoder says of it."""
    violations: dict[Violation, None] = {}
    for schema_error in _schema_validator.iter_errors(decoded):
        violations.update(dict.fromkeys(_violations(schema_error)))
        if len(violations) >= MAX_VIOLATIONS:
            break
    date = decoded.get("date") if isinstance(decoded, dict) else None
    if isinstance(date, str) and not any(v.path == "$.date" for v in violations):
        broken = date_violation(date)
        violations.update({broken: None} if broken else {})
    if not violations:
        message, _, path = first.partition(" - at ")
        violations[Violation("contract", path.strip("`") or "$", message)] = None
    yield from violations


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:
        # A number beyond the range of floats is JSON, and out of the contract's range.
        return json.loads(body, parse_int=float)


def _violations(error: SchemaError) -> list[Violation]:
    path = error.json_path
    rule = str(error.validator)
    if rule == "required":
        # The library reports each missing field on its own and names it in words only.
        required: list[str] = error.validator_value  # type: ignore[assignment]
        present: dict[str, Any] = error.instance  # type: ignore[assignment]
        return [
            Violation(rule, f"{path}.{name}", "this field is missing")
            for name in required
            if name not in present
        ]
    return [Violation(rule, path, _message(error))]


def _message(error: SchemaError) -> str:
    expected: Any = error.validator_value
    found = _shortened(error.instance)
    match error.validator:
        case "type":
            item = ITEMS.get(error.json_path)
            cure = f" (in XML each is a <{item}>)" if item else ""
            return f"must be {_type_name(expected)}{cure}, found {found}"
        case "anyOf" if error.json_path == "$.currency":
            return _no_currency(error.instance)
        case "anyOf":
            return f"must be {' or '.join(_option(o) for o in expected)}, found {found}"
        case "pattern":
            return f"must be text {PATTERNS_IN_WORDS.get(expected, expected)}, found {found}"
        case "minLength":
            return "must not be empty"
        case "maxLength":
            return f"must have at most {expected} characters"
        case "maxItems":
            return f"must have at most {expected} items"
        case "minimum":
            return f"must be at least {expected}, found {found}"
        case "maximum":
            return f"must be at most {expected}, found {found}"
        case _:
            return error.message[:200]


def _no_currency(found: Any) -> str:
    meant = found.strip().upper() if isinstance(found, str) else None
    cure = (
        f"write {meant}" if meant in EXPONENTS else "leave the field out for the chain's main one"
    )
    return f"must be {IN_WORDS}, found {_shortened(found)}; {cure}"


def _option(option: dict[str, Any]) -> str:
    name = _type_name(option.get("type", "object"))
    if "maxLength" in option:
        name += f" of {option.get('minLength', 0)} to {option['maxLength']} characters"
    if "pattern" in option:
        name += f" {PATTERNS_IN_WORDS.get(option['pattern'], option['pattern'])},"
    elif "minimum" in option:
        name += f" from {option['minimum']} to {option['maximum']}"
    return name


def _type_name(name: str) -> str:
    return {
        "string": "text",
        "integer": "an integer",
        "number": "a number",
        "object": "an object",
        "array": "a list",
        "null": "null",
    }.get(name, str(name))


def _shortened(instance: Any) -> str:
    if isinstance(instance, dict):
        return f"an object with {_cut(', '.join(map(str, instance)))}" if instance else "an object"
    if isinstance(instance, list):
        texts = [
            json.dumps(item, ensure_ascii=False)
            for item in instance[:5]
            if not isinstance(item, (dict, list))
        ]
        return f"a list with {_cut(', '.join(texts))}" if texts else "a list"
    return _cut(json.dumps(instance, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
