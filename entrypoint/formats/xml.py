"""`application/xml`: elements named as the contract's fields (docs/formats.md has the schema).

Nothing of an element is dropped. What the contract does not name is kept as it stands: children
by their names, a repeated one as a list, an attribute as `@name`, text beside attributes as
`#text`; where the contract wants another thing, it refuses that by its path. Document types,
entity expansion and external entities are refused.
"""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from entrypoint.formats.entry import Entry, NotReadableError
from entrypoint.formats.fields import Kinds, kinds, typed
from tillstream.receipt import DocumentTotal, Line, Receipt, Settlement

MEDIA_TYPES = ("application/xml", "text/xml")

#: Levels of a receipt's elements: as many as its JSON may have, and the root.
MAX_LEVELS = 65
#: Elements of one receipt: with 1,000 lines and 100 tenders it has about 12,500.
MAX_ELEMENTS = 20_000
#: A receipt needs no attribute, and texts seldom have this sign.
MAX_EQUAL_SIGNS = 100_000

_RECEIPT, _TOTAL = kinds(Receipt), kinds(DocumentTotal)
_LISTS = {"lines": ("line", kinds(Line)), "settlements": ("settlement", kinds(Settlement))}
_declared = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']+)[\"']").match


class _MisplacedError(Exception):
    """Something stands where JSON has no place for it."""


def receipts(body: bytes) -> Iterable[Entry]:
    """A `<receipt>`, or each `<receipt>` of `<receipts>`."""
    # Each makes an attribute, all of one element at once, before anything can be said of them.
    if body.count(b"=") > MAX_EQUAL_SIGNS:
        raise NotReadableError(f"it has more than {MAX_EQUAL_SIGNS} signs =; send less at once")
    _require_its_encoding(body)
    try:
        # Closed here: an iterator that is left early is garbage in a ring, which would hold the
        # body until the collector comes, and it comes seldom.
        with io.BytesIO(body) as source:
            yield from _read(source)
    except DefusedXmlException as error:
        raise NotReadableError("document types and entities are not allowed") from error
    except (ParseError, ValueError, LookupError) as error:
        raise NotReadableError(str(error)) from error


def _require_its_encoding(body: bytes) -> None:
    """Refuse UTF-8 that is declared to be something else: its text would be read wrongly."""
    declared = _declared(body)
    if declared is None or body.isascii() or declared[1].lower() in {b"utf-8", b"utf8"}:
        return
    try:
        body.decode()
    except UnicodeDecodeError:
        return
    name = declared[1][:40].decode("latin-1")
    raise NotReadableError(f"it is UTF-8 and its first line says {name!r}; declare UTF-8")


def _read(source: io.BytesIO) -> Iterator[Entry]:
    """Each receipt as soon as it is whole, so that one of them is in memory at a time."""
    root: Element | None = None
    #: Levels that are open, elements since the last receipt, receipts so far.
    depth = elements = position = 0
    # The level of a receipt: the root itself, or below `<receipts>`.
    level = 1
    for event, element in iterparse(source, ("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            elements += 1
            if root is None:
                root = element
                level = _level_of_receipts(root.tag)
            if depth - level >= MAX_LEVELS or elements > MAX_ELEMENTS:
                raise NotReadableError(
                    f"receipt {position + 1} has more than {MAX_LEVELS - 1} levels or"
                    f" {MAX_ELEMENTS} elements; leave out what is not the receipt's"
                )
            continue
        if depth == level:
            position, elements = position + 1, 0
            yield _entry(position, element)
            del element[:]  # its tail may be there already
        depth -= 1
        if root is not None and depth == 1 and level == 2 and len(root) > 1:
            _require_blank(root[0].tail)
            del root[0]
    if root is not None and level == 2:
        for text in (root.text, *(child.tail for child in root)):
            _require_blank(text)
        if root.attrib:
            raise NotReadableError(f"<receipts> has the attribute {next(iter(root.attrib))!r}")


def _level_of_receipts(tag: str) -> int:
    if tag in ("receipt", "receipts"):
        return 1 if tag == "receipt" else 2
    cure = "; leave the namespace out" if tag.startswith("{") else ""
    raise NotReadableError(f"the root is <{tag[:60]}>, not <receipt> or <receipts>{cure}")


def _require_blank(text: str | None) -> None:
    if text and text.strip():
        raise NotReadableError(f"text stands between the receipts: {text.strip()[:60]!r}")


def _entry(position: int, element: Element) -> Entry:
    if element.tag != "receipt":
        return Entry(position, b"", f"<{element.tag[:60]}> where a <receipt> belongs")
    try:
        return Entry(position, msgspec.json.encode(_receipt(element)))
    except _MisplacedError as error:
        return Entry(position, b"", str(error))


def _receipt(element: Element) -> dict[str, Any]:
    fields = _object(element)
    for name, (item_name, of) in _LISTS.items():
        if name in fields:
            if isinstance(fields[name], list):
                raise _MisplacedError(
                    f"<{name}> stands {len(fields[name])} times;"
                    f" put every <{item_name}> into one <{name}>"
                )
            fields[name] = _list(fields[name], item_name, of)
    if isinstance(total := fields.get("documentTotal"), dict):
        fields["documentTotal"] = typed(_TOTAL, total)
    elif isinstance(total, str) and not total.strip():
        fields["documentTotal"] = {}
    return typed(_RECEIPT, fields)


def _list(value: Any, item_name: str, of: Kinds) -> Any:
    """The items of `<lines>` when it holds nothing else; anything else as it stands."""
    if isinstance(value, str) and not value.strip():
        return []
    if not isinstance(value, dict) or set(value) != {item_name}:
        return value
    items = value[item_name]
    if not isinstance(items, list):
        items = [items]
    return [_item(item, of) for item in items]


def _item(value: Any, of: Kinds) -> Any:
    if isinstance(value, dict):
        return typed(of, value)
    return value if value.strip() else {}


def _value(element: Element) -> Any:
    """An element's text, or its object where it has children or attributes."""
    if len(element) or element.attrib:
        return _object(element)
    return element.text or ""


def _object(element: Element) -> dict[str, Any]:
    fields: dict[str, Any] = {f"@{name}": text for name, text in element.attrib.items()}
    text = element.text or ""
    if not len(element):
        return fields | {"#text": text} if text.strip() else fields
    for beside in (text, *(child.tail or "" for child in element)):
        if beside.strip():
            raise _MisplacedError(
                f"text stands beside the elements of <{element.tag[:60]}>: {beside.strip()[:60]!r};"
                " put it into an element"
            )
    repeated: set[str] = set()
    for child in element:
        value = _value(child)
        if child.tag in repeated:
            fields[child.tag].append(value)
        elif child.tag in fields:
            fields[child.tag] = [fields[child.tag], value]
            repeated.add(child.tag)
        else:
            fields[child.tag] = value
    return fields
