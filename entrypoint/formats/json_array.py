"""`application/json`: one receipt, or a list of receipts."""

from collections.abc import Iterable

import msgspec

from entrypoint.formats.reading import Entry, NotReadableError

MEDIA_TYPES = ("application/json",)

_items = msgspec.json.Decoder(list[msgspec.Raw])


def receipts(body: bytes) -> Iterable[Entry]:
    """Each item of a list, or the one object."""
    if not body.lstrip(b" \t\r\n").startswith(b"["):
        return [Entry(1, body)]
    try:
        items = _items.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotReadableError(str(error)) from error
    return [Entry(position, bytes(item)) for position, item in enumerate(items, 1)]
