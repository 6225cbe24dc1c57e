"""What the header row of a CSV says: which cell of a row is what of a receipt."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from entrypoint.formats.entry import NotReadableError
from entrypoint.formats.fields import kinds
from tillstream.bounds import TENDERS
from tillstream.receipt import DocumentTotal, Line, Receipt, Settlement

RECEIPT, TOTAL, LINE, TENDER = (
    kinds(Receipt),
    kinds(DocumentTotal),
    kinds(Line),
    kinds(Settlement),
)

#: Columns whose rows, when they stand together, are one receipt.
IDENTITY = ("storeID", "terminalID", "cashReceiptID", "date")

#: What the contract names of a receipt or of its lines.
KNOWN = RECEIPT.names | LINE.names

#: Columns of a header: some 220 with 100 tenders, and a till's own.
MAX_COLUMNS = 1_000

_tender = re.compile(r"settlement([1-9][0-9]{0,2})").fullmatch
_CURE = "write 2.50 with a point and separate the columns with commas"


class Columns(NamedTuple):
    """The places of the cells, from 0, by what they are."""

    names: Sequence[str]
    #: All that is the receipt's own, the same on each of its rows: all but those of `line`.
    shared: Sequence[int]
    identity: Sequence[int]
    receipt: Sequence[tuple[str, int]]
    total: Sequence[tuple[str, int]]
    line: Sequence[tuple[str, int]]
    #: Fields of each tender, in the order of their numbers.
    tenders: Sequence[Sequence[tuple[str, int]]]


def columns_of(header: Sequence[str]) -> Columns:
    """The columns of a header row; raises NotReadableError naming one that has no meaning."""
    names = [cell.strip() for cell in header]
    if len(names) > MAX_COLUMNS:
        raise NotReadableError(f"the header has {len(names)} columns, more than {MAX_COLUMNS}")
    if not any(names):
        raise NotReadableError("row 1 names no column; begin with the header")
    _require_commas(names)
    places: dict[str, int] = {}
    receipt, total, line = [], [], []
    tenders: dict[int, list[tuple[str, int]]] = {}
    for place, name in enumerate(names):
        if not name:
            raise NotReadableError(f"column {place + 1} has no name in the header; name it")
        if name in places:
            raise NotReadableError(
                f"columns {places[name] + 1} and {place + 1} are both called {name[:60]!r};"
                " keep one of them"
            )
        places[name] = place
        group, dot, field = name.partition(".")
        if name in LINE.names:
            line.append((name, place))
        elif not dot and name not in {"lines", "settlements", "documentTotal"}:
            receipt.append((name, place))
        elif not field or "." in field:
            raise _unknown(name)
        elif group == "documentTotal":
            total.append((field, place))
        elif group == "line":
            line.append((field, place))
        elif (numbered := _tender(group)) is not None and int(numbered[1]) <= TENDERS:
            tenders.setdefault(int(numbered[1]), []).append((field, place))
        else:
            raise _unknown(name)
    lines = {place for _, place in line}
    if len({field for field, _ in line}) < len(line):
        raise NotReadableError("a column of the line stands twice, once as `line.`; keep one")
    return Columns(
        names,
        [place for place in range(len(names)) if place not in lines],
        [places[name] for name in IDENTITY if name in places],
        receipt,
        total,
        line,
        [tenders[number] for number in sorted(tenders)],
    )


def _require_commas(names: Sequence[str]) -> None:
    if names[0].lower().startswith("sep="):
        raise NotReadableError("row 1 is Excel's own, 'sep='; leave it out, begin with the header")
    for separator, called in ((";", "';'"), ("\t", "a tab"), ("|", "'|'")):
        # A comma within a name makes several of them: what the contract names tells.
        known = any(not KNOWN.isdisjoint(name.split(separator)[1:]) for name in names)
        if known or (len(names) == 1 and separator in names[0]):
            raise NotReadableError(f"the header is separated by {called}; {_CURE}")


def _unknown(name: str) -> NotReadableError:
    return NotReadableError(
        f"the column {name[:60]!r} has no meaning; a column of the receipt or the line has its"
        " name alone, others are documentTotal.NAME, line.NAME and settlement1.NAME to"
        f" settlement{TENDERS}.NAME"
    )
