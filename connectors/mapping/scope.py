"""Finds the values of a definition in an element of the payload."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.mapping.documents import MappingError
from connectors.mapping.reads import Reads
from tillstream.bounds import IDENTIFIER_LENGTH
from tillstream.receivers.definition import Value
from tillstream.receivers.expressions import Expression, ExpressionError, exact
from tillstream.stores import StoreTable

#: Texts that say no, as numbers do that are 0.
_NO = ("", "false", "no")
_is_zero = re.compile(r"[+-]?0+(\.0*)?").fullmatch
#: Longest key of a sale or a refund, in characters.
KEY_LENGTH = 200
#: Longest text that is looked at, in characters.
_LONGEST = 100_000
#: Most elements of lines or tenders: more than a receipt may have.
MOST_ELEMENTS = 2_000


class Scope:
    """An element with what is around it."""

    def __init__(
        self,
        element: Any,
        around: Mapping[str, Any],
        reads: Reads,
        stores: StoreTable | None,
        currency: str | None = None,
    ) -> None:
        """`around` is given to an object under these names, such as `_root`.

        `currency` is that of a receipt that names none.
        """
        self.currency = currency
        self.element = element
        if isinstance(element, dict):
            self.element = {**element, **around}
            reads.stands_for(self.element, element)
        self._around = around
        self._reads = reads
        self._stores = stores

    def inner(self, element: Any, **around: Any) -> "Scope":
        """The scope of an element within."""
        return Scope(element, {**self._around, **around}, self._reads, self._stores, self.currency)

    def elements(self, each: Expression, path: str) -> list[Any]:
        """What the expression finds: a list, or one element."""
        found = self._of(each, path)
        elements = found if isinstance(found, list) else [found]
        if len(elements) > MOST_ELEMENTS:
            raise MappingError(
                "too-many", path, f"{len(elements):,} elements", f"at most {MOST_ELEMENTS:,}"
            )
        return [element for element in elements if element is not None]

    def found(self, value: Value | None) -> Any:
        """What a value finds, its table and default applied; None where nothing is."""
        if value is None:
            return None
        found = self._of(value.find, value.path)
        known = value.table.get(_text(found)) if is_scalar(found) else None
        if known is not None:
            return known
        if value.in_stores and found is not None:
            return self._store(value, _text(found))
        unknown = bool(value.table) and not value.in_stores and value.default is not None
        return value.default if unknown or found is None or found in ("", []) else found

    def text(self, value: Value | None, most: int = IDENTIFIER_LENGTH) -> str | None:
        """A text or number as text, white space within as one space; None where nothing is."""
        text = self.key(value, most=_LONGEST)
        text = text and " ".join(text.split())
        if text is not None and value is not None and len(text) > most:
            raise self._wrong(value, text, f"longer than {most} characters")
        return text

    def key(self, value: Value | None, most: int = KEY_LENGTH) -> str | None:
        """A text or number as text, without white space around it; None where nothing is.

        Nothing else is changed: two keys stay two.
        """
        found = self.found(value)
        if value is None or found is None or found is False:
            return None if value is None else value.default  # false: Odoo's word for nothing
        if not is_scalar(found):
            raise self._wrong(value, found, "no text and no number")
        text = _text(found).strip() or value.default
        if text is not None and len(text) > most:
            raise self._wrong(value, found, f"longer than {most} characters")
        return text

    def cut(self, value: Value | None, most: int) -> str | None:
        """As `text`, cut where it is longer: of names, which nothing is found by."""
        text = self.text(value, _LONGEST)
        return None if text is None else text[:most].rstrip()

    def needed(self, value: Value, most: int = IDENTIFIER_LENGTH) -> str:
        """As `text`; raises MappingError where nothing is."""
        return self._there(value, self.text(value, most))

    def needed_key(self, value: Value) -> str:
        """As `key`; raises MappingError where nothing is."""
        return self._there(value, self.key(value))

    def needed_cut(self, value: Value, most: int) -> str:
        """As `cut`; raises MappingError where nothing is."""
        return self._there(value, self.cut(value, most))

    def _there(self, value: Value, found: str | None) -> str:
        if not found:
            raise MappingError(
                "missing",
                value.path,
                f"{value.find.text} finds nothing",
                "mend the expression, or give the value a default",
            )
        return found

    def flag(self, value: Value | None) -> bool:
        """Whether a value says yes."""
        found = self.found(value)
        if found is None or found is False or found in ([], {}):
            return False
        if not is_scalar(found):
            return True
        text = _text(found).strip().lower()
        return text not in _NO and _is_zero(text) is None

    def number(self, value: Value | None) -> Decimal | None:
        """A number, or the sum of a list of them; None where nothing is."""
        found = self.found(value)
        if found is None or value is None:
            return None
        try:
            if not isinstance(found, list):
                return exact(found)
            numbers = [exact(each) for each in found if each is not None and each != ""]
        except ExpressionError as error:
            raise self._wrong(value, found, str(error)) from error
        return sum(numbers, Decimal(0)) if numbers else None

    def _of(self, expression: Expression, path: str) -> Any:
        try:
            return expression.of(self.element, self._reads)
        except ExpressionError as error:
            raise MappingError("expression", path, str(error), "mend the expression") from error

    def _store(self, value: Value, text: str) -> str:
        stores = {} if self._stores is None else self._stores.stores
        if text in stores:
            return text
        for store in stores.values():
            if store.name == text:
                return store.store
        if value.default is not None:
            return value.default
        raise MappingError(
            "store", value.path, f"no store {text!r}", "write it to STORES_FILE, or a default"
        )

    def _wrong(self, value: Value, found: Any, said: str) -> MappingError:
        return MappingError(
            "type", value.path, f"{value.find.text} finds {str(found)[:80]!r}: {said}",
            "mend the expression",
        )  # fmt: skip


def is_scalar(found: Any) -> bool:
    """Whether it is a text, a number or a flag."""
    return isinstance(found, (str, int, Decimal, bool))


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, Decimal):
        return f"{found:f}"
    return str(found)
