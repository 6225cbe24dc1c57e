"""The language of mappings: JMESPath, with exact arithmetic (docs/decisions/0039).

An expression is compiled when its definition is read, and checked: it has no literal of a float,
and calls no function that does not exist.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions, signature
from jmespath.visitor import TreeInterpreter

from tillstream.streams.mistakes import proposal

#: Longest text of an expression, in characters.
MOST_CHARACTERS = 1_000
#: Most decimal places of a quotient.
_PLACES = Decimal("1e-12")

#: Told of each field that is read: the object that has it, and its name.
Reads = Callable[[dict[str, Any], str], None]


class ExpressionError(ValueError):
    """An expression that does not hold, or cannot be evaluated. Says what and how to mend it."""


class Expression:
    """A compiled expression."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionError."""
        if len(text) > MOST_CHARACTERS:
            raise ExpressionError(f"longer than {MOST_CHARACTERS:,} characters")
        try:
            self._parsed = jmespath.compile(text).parsed
        except JMESPathError as error:
            said = " ".join(str(error).split("\n")[0].split())
            raise ExpressionError(f"no JMESPath: {said}") from error
        except RecursionError as error:
            raise ExpressionError("nested too deep") from error
        self.text = text
        _check(self._parsed)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def of(self, value: Any, reads: Reads | None = None) -> Any:
        """What it finds in `value`, None where nothing is; raises ExpressionError."""
        try:
            return _Interpreter(reads).visit(self._parsed, value)
        except JMESPathTypeError as error:
            # Its own words have the whole value: an order with its customer, in the log.
            wanted = " or ".join(error.expected_types)
            said = f"{error.function_name}() takes {wanted} and found {error.actual_type}"
            raise ExpressionError(f"{self.text}: {said}") from error
        except JMESPathError as error:
            raise ExpressionError(f"{self.text}: {error}") from error
        except ArithmeticError as error:
            raise ExpressionError(f"{self.text}: the numbers have no exact result") from error


def exact(value: Any) -> Decimal:
    """A number, or a text that is one, as it is written; raises ExpressionError.

    >>> exact("19.90"), exact(1990)
    (Decimal('19.90'), Decimal('1990'))
    """
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise ExpressionError(f"{_shown(value)} is no number")
    text = str(value).strip()
    if len(text) > MOST_DIGITS:
        raise ExpressionError(f"a number of more than {MOST_DIGITS} digits")
    try:
        number = Decimal(text)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite() or "_" in text or abs(number.adjusted()) > MOST_DIGITS:
        raise ExpressionError(f"{_shown(value)} is no number")
    return number


#: Of one number.
MOST_DIGITS = 40


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)[:80]


def _numbers(value: Any) -> Iterator[Decimal]:
    for each in value if isinstance(value, list) else [value]:
        if each is not None and each != "":
            yield exact(each)


class _Functions(Functions):  # type: ignore[misc]
    """What JMESPath has, and arithmetic on numbers and on texts that are numbers."""

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_total(self, values: Any) -> Decimal:
        return sum(_numbers(values), Decimal(0))

    @signature({"types": []}, {"types": [], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_plus(self, *values: Any) -> Decimal:
        return sum((sum(_numbers(each), Decimal(0)) for each in values), Decimal(0))

    @signature({"types": []}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_minus(self, first: Any, second: Any) -> Decimal:
        return sum(_numbers(first), Decimal(0)) - sum(_numbers(second), Decimal(0))

    @signature({"types": []}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_times(self, first: Any, second: Any) -> Decimal:
        return exact(first) * exact(second)

    @signature({"types": []}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_over(self, first: Any, second: Any) -> Decimal:
        return (exact(first) / exact(second)).quantize(_PLACES)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_text(self, value: Any) -> str | None:
        return None if value is None or isinstance(value, (dict, list)) else _text(value)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_lower(self, value: Any) -> str | None:
        return None if value is None else _text(value).lower()

    @signature(  # type: ignore[untyped-decorator]
        {"types": []}, {"types": ["string"]}, {"types": []}, {"types": ["string"]}
    )
    def _func_lookup(self, rows: Any, key: str, wanted: Any, field: str) -> list[Any]:
        """Field `field` of each of `rows` whose `key` is `wanted`, or one of them."""
        if rows is not None and not isinstance(rows, list):
            raise ExpressionError(f"lookup() takes a list and found {type(rows).__name__}")
        every = wanted if isinstance(wanted, list) else [wanted]
        texts = {_text(each) for each in every if each is not None}
        found = [row for row in rows or [] if isinstance(row, dict)]
        return [row.get(field) for row in found if _text(row.get(key)) in texts]

    @signature({"types": []}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_split(self, value: Any, separator: str) -> list[str]:
        return [] if value is None else _text(value).split(separator or " ")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_FUNCTIONS = _Functions()
#: Those of the language that count in floats, or that take no Decimal.
_WITHOUT = {
    "sum": "total(...)",
    "avg": "over(total(...), length(...))",
    "to_number": "total(...)",
    "to_string": "text(...)",
    "abs": "a filter",
    "ceil": "whole amounts",
    "floor": "whole amounts",
    "max": "sort_by(...)",
    "min": "sort_by(...)",
}


@lru_cache(maxsize=1)
def function_names() -> frozenset[str]:
    """The functions that an expression may call."""
    return frozenset(_FUNCTIONS.FUNCTION_TABLE) - _WITHOUT.keys()


class _Interpreter(TreeInterpreter):  # type: ignore[misc]
    def __init__(self, reads: Reads | None) -> None:
        super().__init__(jmespath.Options(custom_functions=_FUNCTIONS))
        self._reads = reads

    def visit_field(self, node: Any, value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        if self._reads is not None:
            self._reads(value, node["value"])
        return value.get(node["value"])


def _check(node: Any) -> None:
    if node["type"] == "function_expression":
        name = node["value"]
        if name in _WITHOUT:
            raise ExpressionError(f"{name}() is not exact here; write {_WITHOUT[name]}")
        if name not in function_names():
            raise ExpressionError(f"no function {name!r}{proposal(name, function_names())}")
        needed = _FUNCTIONS.FUNCTION_TABLE[name]["signature"]
        given, variadic = len(node["children"]), bool(needed) and "variadic" in needed[-1]
        if given < len(needed) or (given > len(needed) and not variadic):
            more = " or more" if variadic else ""
            raise ExpressionError(f"{name}() takes {len(needed)}{more} values, and has {given}")
    if node["type"] == "literal" and isinstance(node.get("value"), float):
        raise ExpressionError(f"`{node['value']}` is a float; write it as a text '{node['value']}'")
    for child in node["children"]:
        if isinstance(child, dict) and "type" in child:
            _check(child)
