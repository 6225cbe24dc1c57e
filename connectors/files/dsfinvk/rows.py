"""Rows of a table as tuples of the columns that are wanted, in constant memory."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from operator import itemgetter
from typing import Any, BinaryIO

from connectors.files.dsfinvk.index_xml import Form
from connectors.files.dsfinvk.package import Package
from connectors.files.found import Kept
from connectors.files.import_errors import ImportFileError
from tillstream.dsfinvk_tables import CLOSING

#: Rows after which bytes are counted anew, and the bytes that they may have: a cell whose quote is
#: not closed is read with all the lines behind it.
BATCH_ROWS, MAX_BATCH_BYTES = 64, 4 * 1024**2

#: What a receipt needs of each table behind Z_KASSE_ID, Z_ERSTELLUNG, Z_NR and BON_ID.
WANTED: dict[str, tuple[str, ...]] = {
    "transactions.csv": (
        "BON_NR", "BON_TYP", "BON_STORNO", "BON_START", "BON_ENDE", "BEDIENER_ID", "KUNDE_ID",
        "TERMINAL_ID",
    ),
    "lines.csv": (
        "POS_ZEILE", "GV_TYP", "GV_NAME", "AGENTUR_ID", "ART_NR", "GTIN", "WARENGR_ID", "WARENGR",
        "ARTIKELTEXT", "MENGE", "EINHEIT",
    ),
    "lines_vat.csv": ("POS_ZEILE", "UST_SCHLUESSEL", "POS_BRUTTO", "POS_NETTO"),
    "transactions_vat.csv": ("UST_SCHLUESSEL", "BON_BRUTTO"),
    "datapayment.csv": (
        "ZAHLART_TYP", "ZAHLART_NAME", "ZAHLWAEH_CODE", "ZAHLWAEH_BETRAG", "BASISWAEH_BETRAG",
    ),
    "references.csv": ("REF_TYP", "REF_Z_KASSE_ID", "REF_Z_NR", "REF_BON_ID"),
}  # fmt: skip
HEADS = "transactions.csv"
#: Tables of receipts without which nothing can be said.
NEEDED = (HEADS, "lines.csv", "lines_vat.csv", "datapayment.csv")
#: Columns that older taxonomies lack, or tills leave out: they read as empty.
OPTIONAL = frozenset({"AGENTUR_ID", "GTIN", "TERMINAL_ID", "KUNDE_ID", "GV_NAME", "ZAHLART_NAME"})

Row = tuple[str, ...]


def rows(
    package: Package, name: str, form: Form, columns: tuple[str, ...], broken: Kept[str]
) -> Iterator[Row]:
    """The values of `columns`; a row that is too short goes to `broken`, in words.

    Raises ImportFileError where the table lacks a column, or is not of its encoding.
    """
    with _table(package, name, form, columns) as (source, reader, pick):
        # All of it runs in C, which halves the time that a row takes.
        picked = map(pick, filter(None, reader))
        line = 0
        while line != reader.line_num:
            line, source.since = reader.line_num, 0
            try:
                yield from islice(picked, BATCH_ROWS)
            except IndexError:
                broken.append(f"{name}:{reader.line_num}: too few cells")


def numbered_rows(
    package: Package, name: str, form: Form, columns: tuple[str, ...], broken: Kept[str]
) -> Iterator[tuple[int, Row]]:
    """The same, each with the number of its line."""
    with _table(package, name, form, columns) as (source, reader, pick):
        for row in filter(None, reader):
            source.since = 0
            try:
                yield reader.line_num, pick(row)
            except IndexError:
                broken.append(f"{name}:{reader.line_num}: too few cells")


class _Source(io.BufferedReader):
    """A table's bytes, of which no row has too many."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        super().__init__(source)  # type: ignore[arg-type]
        self._name = name
        #: Bytes since a row was read.
        self.since = 0

    def read1(self, size: int = -1, /) -> bytes:
        self.since += size
        if self.since > MAX_BATCH_BYTES:
            raise ImportFileError(
                f"{self._name}: a row has more than 64 KiB, or {BATCH_ROWS} rows"
                f" {MAX_BATCH_BYTES // 1024**2} MiB: a quote is not closed, or it is no table"
            )
        return super().read1(size)


@contextmanager
def _table(
    package: Package, name: str, form: Form, columns: tuple[str, ...]
) -> Iterator[tuple["_Source", Any, Callable[[list[str]], Row]]]:
    """A table after its first row, and what picks the columns of a row."""
    with (
        closing(_Source(package.open(name), name)) as source,
        io.TextIOWrapper(source, form.encoding, newline="") as text,
    ):
        reader = csv.reader(text, delimiter=form.delimiter, quotechar=form.quote)
        try:
            titles = [title.strip().upper() for title in next(reader, [])]
            if CLOSING[0] not in titles:
                raise ImportFileError(f"{name}: the first row does not name its columns")
            yield source, reader, _picker(name, titles, columns)
        except UnicodeDecodeError as error:
            raise ImportFileError(
                f"{name}: not {form.encoding} near line {reader.line_num + 1}: {error.reason};"
                " index.xml has to name the encoding"
            ) from error
        except csv.Error as error:
            raise ImportFileError(f"{name}:{reader.line_num}: {error}") from error


def _picker(name: str, titles: list[str], columns: tuple[str, ...]) -> Callable[[list[str]], Row]:
    missing = [column for column in columns if column not in titles]
    if needed := [column for column in missing if column not in OPTIONAL]:
        raise ImportFileError(f"{name} has no column {', '.join(needed)}")
    if not missing:
        return itemgetter(*map(titles.index, columns))
    width = len(titles)
    places = [titles.index(column) if column in titles else width for column in columns]
    pick = itemgetter(*places)
    # An empty cell behind the last one stands for what the table has not.
    return lambda row: pick([*row, ""] if len(row) == width else row)
