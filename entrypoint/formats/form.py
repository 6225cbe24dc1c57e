"""`application/x-www-form-urlencoded`: one receipt from the page at /form."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from entrypoint.formats.entry import Entry, NotReadableError
from entrypoint.formats.fields import Kinds, kinds, typed
from entrypoint.formats.utf8 import text_of
from tillstream.receipt import DocumentTotal, Line, Receipt, Settlement

MEDIA_TYPES = ("application/x-www-form-urlencoded",)

#: Most fields of one form, so that a hostile one stays cheap.
MAX_FIELDS = 2000

_RECEIPT, _TOTAL = kinds(Receipt), kinds(DocumentTotal)
_LISTS = {"lines": kinds(Line), "settlements": kinds(Settlement)}
_is_index = re.compile(r"0|[1-9][0-9]{0,3}").fullmatch


def receipts(body: bytes) -> Iterable[Entry]:
    """The one receipt. Fields are named by their path: `lines.0.quantity`."""
    plain: dict[str, str] = {}
    total: dict[str, str] = {}
    lists: dict[str, dict[int, dict[str, str]]] = {name: {} for name in _LISTS}
    for path, text in _pairs(text_of(body)):
        match path.split("."):
            case [name] if name and name not in {*_LISTS, "documentTotal"}:
                _put(plain, name, text, path)
            case ["documentTotal", name] if name:
                _put(total, name, text, path)
            case [("lines" | "settlements") as group, index, name] if name and _is_index(index):
                _put(lists[group].setdefault(int(index), {}), name, text, path)
            case _:
                raise NotReadableError(
                    f"no field of a receipt is called {path[:60]!r}; they are called storeID,"
                    " documentTotal.netTotal, lines.0.quantity, settlements.0.settlementAmount"
                )
    fields: dict[str, Any] = typed(_RECEIPT, plain)
    fields["documentTotal"] = typed(_TOTAL, total)
    for name, of in _LISTS.items():
        fields[name] = _items(name, of, lists[name])
    return [Entry(1, msgspec.json.encode(fields))]


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text.strip("\r\n"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeDecodeError as error:
        found = error.object[error.start : error.start + 1].hex().upper()
        raise NotReadableError(
            f"%{found} is not UTF-8, after {error.object[: error.start][-40:]!r}; send UTF-8"
        ) from error
    except ValueError as error:
        raise NotReadableError(f"{error}; fields are NAME=TEXT with & between them") from error


def _put(into: dict[str, str], name: str, text: str, path: str) -> None:
    if name in into:
        raise NotReadableError(f"the field {path[:60]!r} stands twice; keep one of them")
    into[name] = text


def _items(group: str, of: Kinds, items: Mapping[int, Mapping[str, str]]) -> list[dict[str, Any]]:
    """The items in the order of their indexes, which count from 0 without a gap."""
    for place, index in enumerate(sorted(items)):
        if index != place:
            raise NotReadableError(
                f"{group}.{index} is there and {group}.{place} is not; count from 0"
            )
    return [typed(of, items[index]) for index in range(len(items))]
