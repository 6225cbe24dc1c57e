"""`application/xml`: elements named as the contract's fields (docs/formats.md has the schema).

Document types, entity expansion and external entities are refused.
"""

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from entrypoint.formats.fields import typed
from entrypoint.formats.reading import Entry, NotReadableError
from tillstream.contracts import DocumentTotal, Line, Receipt, Settlement

MEDIA_TYPES = ("application/xml", "text/xml")


def receipts(body: bytes) -> Iterable[Entry]:
    """A `<receipt>`, or each `<receipt>` of `<receipts>`."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise NotReadableError("document types and entities are not allowed") from error
    except (ParseError, ValueError, LookupError) as error:
        raise NotReadableError(str(error)) from error
    if root.tag == "receipt":
        return [Entry(1, _encode(root))]
    if root.tag == "receipts":
        return [_entry(position, element) for position, element in enumerate(root, 1)]
    raise NotReadableError(f"the root is <{root.tag}>, not <receipt> or <receipts>")


def _entry(position: int, element: Element) -> Entry:
    if element.tag != "receipt":
        return Entry(position, b"", f"<{element.tag}> where a <receipt> belongs")
    return Entry(position, _encode(element))


def _encode(receipt: Element) -> bytes:
    fields: dict[str, Any] = typed(Receipt, _leaves(receipt))
    for name, item_name, kind in (
        ("lines", "line", Line),
        ("settlements", "settlement", Settlement),
    ):
        if (group := receipt.find(name)) is not None:
            items = group.findall(item_name)
            fields[name] = [typed(kind, _leaves(item)) for item in items]
    if (total := receipt.find("documentTotal")) is not None:
        fields["documentTotal"] = typed(DocumentTotal, _leaves(total))
    return msgspec.json.encode(fields)


def _leaves(element: Element) -> dict[str, str]:
    groups = ("lines", "settlements", "documentTotal")
    return {child.tag: child.text or "" for child in element if child.tag not in groups}
