"""`application/x-www-form-urlencoded`: one receipt from the page at /form."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from entrypoint.formats.fields import typed
from entrypoint.formats.reading import Entry, NotReadableError
from tillstream.contracts import DocumentTotal, Line, Receipt, Settlement

MEDIA_TYPES = ("application/x-www-form-urlencoded",)

#: Most fields of one form, so that a hostile one stays cheap.
MAX_FIELDS = 2000


def receipts(body: bytes) -> Iterable[Entry]:
    """The one receipt. Fields are named by their path: `lines.0.quantity`."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise NotReadableError(str(error)) from error
    plain: dict[str, str] = {}
    groups: dict[str, dict[str, dict[str, str]]] = {"lines": {}, "settlements": {}}
    total: dict[str, str] = {}
    for path, text in pairs:
        match path.split("."):
            case [name]:
                plain[name] = text
            case ["documentTotal", name]:
                total[name] = text
            case [("lines" | "settlements") as group, index, name]:
                groups[group].setdefault(index, {})[name] = text
            case _:
                raise NotReadableError(f"no field of a receipt is called {path[:60]!r}")
    fields: dict[str, Any] = typed(Receipt, plain)
    fields["documentTotal"] = typed(DocumentTotal, total)
    fields["lines"] = [typed(Line, line) for line in groups["lines"].values()]
    fields["settlements"] = [typed(Settlement, one) for one in groups["settlements"].values()]
    return [Entry(1, msgspec.json.encode(fields))]
