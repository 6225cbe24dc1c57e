"""What of a receipt is sealed: everything of the contract but the customer. No I/O.

The customer is left out, so that an erasure breaks no seal, and so are the fields of a receipt
that the contract does not name, which an erasure drops. Amounts are text, so that nobody's
floats matter.
"""

from datetime import date
from typing import Any

import msgspec

from persistence.documents import Document, raw_bytes
from tillstream.codec import decode_receipt
from tillstream.errors import TillstreamError, UndecodableMessage

_AS_STORED = (
    "store",
    "till",
    "number",
    "agent",
    "businessDay",
    "utcOffsetMinutes",
    "grossMinor",
    "netMinor",
    "taxMinor",
    "lines",
    "payments",
)


class Unsealable(TillstreamError):
    """A document that is no receipt any more; `key` is which."""

    def __init__(self, key: str, error: Exception) -> None:
        self.key = key
        super().__init__(f"receipt {key} of the archive was damaged: {error!r}")


def content(document: Document) -> dict[str, Any]:
    """The sealed content of a document of the archive: its fields, and `raw` as it decodes.

    Both, so that neither can be altered alone. Raises Unsealable.
    """
    try:
        return _content(document)
    except (UndecodableMessage, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unsealable(str(document["_id"]), error) from error


def _content(document: Document) -> dict[str, Any]:
    date.fromisoformat(document["businessDay"])  # a text that is none was never sold on
    receipt = msgspec.to_builtins(decode_receipt(raw_bytes(document)))
    del receipt["customerID"]
    return {
        "key": document["_id"],
        "date": document["date"].isoformat(),
        "receivedAt": document["receivedAt"].isoformat(),
        "receipt": _without_fractions(receipt),
        **{name: document[name] for name in _AS_STORED},
    }


def _without_fractions(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, dict):
        return {name: _without_fractions(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fractions(each) for each in value]
    return value
