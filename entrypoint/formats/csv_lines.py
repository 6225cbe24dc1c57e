"""`text/csv`: one row a receipt line, with a header row; rows of one receipt stand together.

The receipt's own columns are repeated on each of its rows, `documentTotal.*` too. Columns
`settlement1.paymentMechanism`, `settlement1.settlementAmount` (2, 3, ...) are its tenders.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import msgspec

from entrypoint.formats.csv_columns import LINE, RECEIPT, TENDER, TOTAL, Columns, columns_of
from entrypoint.formats.entry import Entry, NotReadableError
from entrypoint.formats.fields import typed
from entrypoint.formats.utf8 import text_of
from tillstream.bounds import LINES

MEDIA_TYPES = ("text/csv",)

#: Commas of one row. A receipt with 100 tenders has some 220 columns; a row of millions of cells
#: would be in memory as a whole before anything can be said of it.
MAX_COMMAS = 10_000
#: Characters of a line. A cell has 131,072 at most.
MAX_LINE = 2_000_000
#: Lines of a text. One of a receipt's has some 60 bytes or more; empty ones cost as much time.
MAX_LINES = 500_000


class Row(NamedTuple):
    """One row: its number, the header being row 1, and its cells."""

    number: int
    #: As many as the header has, at most.
    cells: Sequence[str]
    #: How many there were.
    width: int

    def cell(self, place: int) -> str:
        """The cell at a place from 0; empty where the row has ended before."""
        return self.cells[place] if place < len(self.cells) else ""


def receipts(body: bytes) -> Iterable[Entry]:
    """Each run of rows with the same store, till, number and date; positions are row numbers."""
    text_of(body)  # it is text, or says where not
    lines = _Lines(body)
    reader = csv.reader(lines, strict=True)
    try:
        columns = columns_of(next(reader, []))
        width = len(columns.names)
        # Spreadsheets end with rows of empty cells: there is nothing to lose in them.
        rows = (
            Row(number, cells[:width], len(cells))
            for number, cells in enumerate(lines.each_row(reader), 2)
            if any(cells)
        )

        def identity(row: Row) -> tuple[str, ...]:
            # A row of another length belongs to its receipt too, which is refused as a whole.
            return tuple([row.cell(place).strip() for place in columns.identity])

        for _, group in groupby(rows, key=identity):
            # One row more than a receipt may have: the contract refuses it, with its path.
            yield _entry(columns, list(islice(group, LINES + 1)))
    except csv.Error as error:
        raise NotReadableError(
            f"{error} (line {reader.line_num}); put a cell that holds a comma, a quote or a line"
            ' break in "quotes", and write a quote in it as ""'
        ) from error


class _Lines:
    """The lines of a text: MAX_LINES at most, and MAX_COMMAS in a row of them."""

    def __init__(self, body: bytes) -> None:
        # Decoded by pieces: a whole body would be in memory four times.
        self._lines = io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", newline="")
        self._row = 1
        self._commas = 0
        self._left = MAX_LINES

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE:
            raise NotReadableError(f"row {self._row} has a line of {MAX_LINE} characters or more")
        self._left -= 1
        if self._left < 0:
            raise NotReadableError(f"it has more than {MAX_LINES} lines; send less at once")
        self._commas += line.count(",")
        if self._commas > MAX_COMMAS:
            raise NotReadableError(f"row {self._row} has more than {MAX_COMMAS} commas; send less")
        return line

    def each_row(self, reader: Iterator[list[str]]) -> Iterator[list[str]]:
        """The further rows; a line break in quotes does not end one."""
        while True:
            self._row += 1
            self._commas = 0
            cells = next(reader, None)
            if cells is None:
                return
            yield cells


def _entry(columns: Columns, rows: Sequence[Row]) -> Entry:
    position, first, _ = rows[0]
    if (defect := next(_defects(columns, rows), None)) is not None:
        return Entry(position, b"", defect)
    fields: dict[str, Any] = typed(RECEIPT, _filled(columns.receipt, first, RECEIPT.names))
    fields["documentTotal"] = typed(TOTAL, _filled(columns.total, first, TOTAL.names))
    fields["lines"] = [typed(LINE, _filled(columns.line, row.cells, LINE.names)) for row in rows]
    tenders = [_filled(tender, first) for tender in columns.tenders]
    fields["settlements"] = [typed(TENDER, tender) for tender in tenders if tender]
    return Entry(position, msgspec.json.encode(fields))


def _defects(columns: Columns, rows: Sequence[Row]) -> Iterator[str]:
    """Why the rows are not one receipt."""
    first, wanted = rows[0], len(columns.names)
    for row in rows:
        if row.width != wanted:
            yield (
                f"row {row.number} has {row.width} cells and the header {wanted}; put a text"
                " that holds a comma in quotes, write numbers with a point, and leave the cell of"
                " what is not there empty"
            )
            return
    for row in rows[1:]:
        for place in columns.shared:
            said, before = row.cells[place], first.cells[place]
            if said != before and said.strip() != before.strip():
                yield (
                    f"row {row.number} says {said[:60]!r} for {columns.names[place][:60]} where row"
                    f" {first.number} of the same receipt says {before[:60]!r}; repeat what is the"
                    " receipt's on each of its rows; a further column of its lines is line.NAME"
                )


def _filled(
    columns: Sequence[tuple[str, int]], cells: Sequence[str], known: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The texts by field. An empty cell of a field that is not `known` is no value."""
    return {
        field: cells[place] for field, place in columns if field in known or cells[place].strip()
    }
