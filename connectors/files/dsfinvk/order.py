"""Whether all tables have their closings in one order, so that they can be read side by side.

The specification orders nothing. Tills write closing after closing, as they happen; this looks at
every row once, at its first three cells only, a tenth of the work of reading it.
"""

from contextlib import closing
from typing import NamedTuple

from connectors.files.dsfinvk.index_xml import Form
from connectors.files.dsfinvk.package import Package
from connectors.files.import_errors import ImportFileError
from tillstream.dsfinvk_tables import CLOSING

#: Read at once; and the longest row, bytes: a receipt's note has 255 characters.
BLOCK_BYTES = 1024 * 1024
MAX_ROW_BYTES = 64 * 1024
#: Rows of one closing that are held in memory together: some 100 MB.
MAX_CLOSING_ROWS = 200_000
#: Rows of one closing after another, of a table. More of them are counted, and not remembered: it
#: has more closings than an export may, or they are not together.
MAX_RUNS = 200_000


class Order(NamedTuple):
    """What one look at the tables has found."""

    #: Whether closings stand together in each table, and in the order of transactions.csv.
    is_common: bool
    #: Lines of transactions.csv, its head not counted: its rows, where no cell has a line's end.
    size: int


def look(package: Package, forms: dict[str, Form], heads: str, others: list[str]) -> Order:
    """How the tables of receipts are ordered. Raises ImportFileError for a row that is too long."""
    first = _closings(package, heads, forms[heads])
    places = {prefix: place for place, (prefix, _) in enumerate(first)}
    common = len(places) == len(first)
    totals = [count for _, count in first]
    size = sum(totals)
    for name in others:
        found = _closings(package, name, forms[name])
        last = -1
        for prefix, count in found:
            place = places.get(prefix, -1)
            if place <= last:
                common = False
                break
            last = place
            totals[place] += count
    return Order(common and max(totals, default=0) <= MAX_CLOSING_ROWS, size)


def _closings(package: Package, name: str, form: Form) -> list[tuple[bytes, int]]:
    """Runs of rows with the same first three cells, as written, and their lengths.

    Two runs of one name are no order: so it is where the first three columns are others, or there
    are more runs than MAX_RUNS.
    """
    delimiter = form.delimiter.encode()
    found: list[tuple[bytes, int]] = []
    prefix, count, rest, is_head = b"", 0, b"", True
    with closing(package.open(name)) as source:
        while block := source.read(BLOCK_BYTES):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if len(rest) > MAX_ROW_BYTES:
                raise ImportFileError(f"{name} has a row of more than {MAX_ROW_BYTES} bytes")
            for line in lines:
                if prefix and line.startswith(prefix):
                    count += 1
                    continue
                if is_head:
                    is_head = False
                    if not _begins_with_closing(line, form):
                        return [(b"", 1), (b"", 1)]
                    continue
                if line.strip():
                    found.append((prefix, count))
                    prefix, count = _prefix(line, delimiter), 1
            if len(found) > MAX_RUNS:
                found = [found[0], (b"", sum(number for _, number in found)), (b"", 0)]
    if rest.strip() and not is_head:
        if not rest.startswith(prefix):
            found.append((prefix, count))
            prefix, count = _prefix(rest, delimiter), 0
        count += 1
    return [*found, (prefix, count)][1:] if prefix or count else []


def _begins_with_closing(head: bytes, form: Form) -> bool:
    titles = head.decode(form.encoding, "replace").replace(form.quote, "").split(form.delimiter)
    return tuple(title.strip().upper() for title in titles[:3]) == CLOSING


def _prefix(line: bytes, delimiter: bytes) -> bytes:
    return delimiter.join(line.split(delimiter, 3)[:3]) + delimiter
