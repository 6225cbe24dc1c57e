"""What of a receipt is sealed: everything of the contract but the customer. No I/O.

The customer is left out, so that an erasure breaks no seal, and so are the fields of a receipt
that the contract does not name, which an erasure drops. Amounts are text, so that nobody's
floats matter.

What is sealed once is sealed for good: a seal that was made before a document's layout changed has
to hold, so some names are kept as they were. The offset is in minutes, in seconds only where it has
some. A receipt has the key that it had before keys began with their day, and a client's own UUID
is named without the store, whose chain it is in. A currency stands where document or receipt name
one.
"""

import re
from datetime import date, timedelta
from typing import Any

import msgspec

from tillstream.archive import Document, raw_bytes, utc_offset
from tillstream.codec import decode_receipt
from tillstream.currencies import CURRENCY
from tillstream.earlier_keys import earlier_key
from tillstream.errors import TillstreamError, UndecodableMessageError

_AS_STORED = (
    "store",
    "till",
    "number",
    "agent",
    "businessDay",
    "grossMinor",
    "netMinor",
    "taxMinor",
    "lines",
    "payments",
)


#: An earlier key of a client's own UUID; no date, which ends the other keys, looks so.
_uuid_of_store = re.compile(r"[^/]*/(uuid/[0-9a-f]*)").fullmatch


class UnsealableError(TillstreamError):
    """A document that is no receipt any more; `key` is which."""

    def __init__(self, key: str, error: Exception) -> None:
        self.key = key
        super().__init__(f"receipt {key} of the archive was damaged: {error!r}")


def sealed_key(key: str) -> str:
    """The name of a receipt within the chain of its store and till.

    A client's UUID that came under several days has one name: the hash tells its receipts apart.
    """
    before = earlier_key(key)
    return before if (found := _uuid_of_store(before)) is None else found[1]


def content(document: Document) -> dict[str, Any]:
    """The sealed content of a document of the archive: its fields, and `raw` as it decodes.

    Both, so that neither can be altered alone. Raises UnsealableError.
    """
    try:
        return _content(document)
    except (UndecodableMessageError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnsealableError(str(document["_id"]), error) from error


def _content(document: Document) -> dict[str, Any]:
    date.fromisoformat(document["businessDay"])  # a text that is none was never sold on
    receipt = msgspec.to_builtins(decode_receipt(raw_bytes(document)))
    del receipt["customerID"], receipt["customerErased"]
    if receipt["currency"] in (None, CURRENCY):
        # As it was sealed before receipts could name one; a till may have named it all the same.
        del receipt["currency"]
    return {
        "key": sealed_key(document["_id"]),
        "date": document["date"].isoformat(),
        "receivedAt": document["receivedAt"].isoformat(),
        "receipt": _without_fractions(receipt),
        **_offset(document),
        **({"currency": document["currency"]} if "currency" in document else {}),
        **{name: document[name] for name in _AS_STORED},
    }


def _offset(document: Document) -> dict[str, int]:
    minutes, rest = divmod(utc_offset(document), timedelta(minutes=1))
    if not rest:
        return {"utcOffsetMinutes": minutes}
    return {"utcOffsetSeconds": utc_offset(document) // timedelta(seconds=1)}


def _without_fractions(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, dict):
        return {name: _without_fractions(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fractions(each) for each in value]
    return value
