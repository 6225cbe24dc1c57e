"""The header of a CSV of events: which columns it has, and what stands between their cells.

The columns may stand in any order, apart by `,`, `;` or a tab; an optional one may be missing.
"""

import csv
from typing import NamedTuple

from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError

#: Most columns of a header, and most characters of it.
MAX_COLUMNS = 1_000
MAX_HEADER = 65_536
_SEPARATORS = (",", ";", "\t")


class Header(NamedTuple):
    """The first row."""

    separator: str
    #: Of the columns, in their order.
    names: tuple[str, ...]
    #: As it came.
    text: str
    #: Where the rows begin.
    end: int
    #: The line that they begin at.
    line: int


def header_of(body: bytes, contract: Contract) -> Header:
    """Raises BodyError for a header that the rows cannot be read by."""
    start, line = 0, 1
    while body[start : start + 1] in (b"\r", b"\n"):
        line += body[start : start + 1] == b"\n"
        start += 1
    first = body[start : start + MAX_HEADER + 1].split(b"\n", 1)[0]
    if len(first) > MAX_HEADER:
        raise BodyError("header", f"the header has more than {MAX_HEADER} bytes")
    if b"\r" in first.rstrip(b"\r"):
        raise BodyError("header", "its lines end with CR alone; end them with LF or CR LF")
    try:
        text = first.decode().rstrip("\r")
        separator = max(_SEPARATORS, key=text.count)
        names = tuple(
            name.strip() for name in next(csv.reader([text], delimiter=separator, strict=True), [])
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise BodyError("header", f"the header cannot be read: {error}; send UTF-8") from error
    _require_columns(names, contract)
    return Header(separator, names, text, min(start + len(first) + 1, len(body)), line + 1)


def _require_columns(names: tuple[str, ...], contract: Contract) -> None:
    if not any(names):
        raise BodyError("header", "the first line names no column; begin with a header")
    if len(names) > MAX_COLUMNS:
        raise BodyError("header", f"the header has {len(names)} columns")
    for place, name in enumerate(names):
        if name not in contract.names:
            raise BodyError(
                "unknown-field", f"column {place + 1} of the header: {contract.unknown(name)}"
            )
        if name in names[:place]:
            raise BodyError(
                "doubled-field",
                f"columns {names.index(name) + 1} and {place + 1} are {name}; leave out one",
            )
    missing = [f.name for f in contract.fields if f.required and f.name not in names]
    if missing:
        raise BodyError(
            "missing-field", f"the header lacks {', '.join(missing)}; add what is required"
        )
