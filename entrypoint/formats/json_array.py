"""`application/json`: one receipt, or a list of receipts."""

from collections.abc import Iterable, Iterator
from json.scanner import make_scanner

import msgspec

from entrypoint.formats.entry import Entry, NotReadableError
from entrypoint.syntax_errors import BOM, json_error

MEDIA_TYPES = ("application/json",)

#: Items that are taken out of a list at once, at 56 bytes each. A list of receipts has a comma
#: for each 30 bytes or so, and far fewer items than commas.
MAX_ITEMS_AT_ONCE = 1_000_000

_SPACE = " \t\r\n"

_items = msgspec.json.Decoder(list[msgspec.Raw])


def receipts(body: bytes) -> Iterable[Entry]:
    """Each item of a list, or the one object."""
    body = body.removeprefix(BOM)
    if not body.lstrip(b" \t\r\n").startswith(b"["):
        return [Entry(1, body)]
    items = _all_items(body) if body.count(b",") < MAX_ITEMS_AT_ONCE else _item_by_item(body)
    return (Entry(position, bytes(item)) for position, item in enumerate(items, 1))


def _all_items(body: bytes) -> list[msgspec.Raw]:
    try:
        return _items.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotReadableError(json_error(body, error)) from error


def _item_by_item(body: bytes) -> Iterator[bytes]:
    """The items of a list, at the pace at which they are asked for: slower, and no memory."""
    # One character a byte: places in the text are places in the body. What is between the
    # structural characters, which are ASCII in UTF-8 too, is not looked at here.
    text = body.decode("latin-1")
    end = _after_space(text, text.index("[") + 1)
    if text[end : end + 1] == "]":
        return
    while True:
        start = end
        try:
            _, end = _scan(text, start)
        except (StopIteration, ValueError, RecursionError) as error:
            reason = f"there is no JSON value from byte {start} on"
            raise NotReadableError(reason) from error
        yield body[start:end]
        end = _after_space(text, end)
        match text[end : end + 1]:
            case ",":
                end = _after_space(text, end + 1)
            case "]":
                break
            case _:
                raise NotReadableError(f"there is no , or ] after the value (byte {end})")
    if _after_space(text, end + 1) != len(text):
        raise NotReadableError(f"something follows the list (byte {end + 1})")


def _after_space(text: str, start: int) -> int:
    while text[start : start + 1] in _SPACE and start < len(text):
        start += 1
    return start


class _Values:
    """What the scanner of `json` makes of values: as little as it can."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = parse_int = staticmethod(len)
    parse_constant = staticmethod(len)
    memo: dict[str, str] = {}  # noqa: RUF012


_scan = make_scanner(_Values)  # type: ignore[arg-type]
