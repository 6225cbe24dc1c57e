"""What a page shows as an Excel workbook: a sheet for each of its sections. Pure.

A cell is text, or a kind and a decimal number as text. Text never becomes a formula or a link. A
number that Excel could not hold exactly stays text: it counts in doubles; so does a date before
its calendar.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Annotated, Any, Literal

import msgspec
import xlsxwriter
from msgspec import Meta

from tillstream.currencies import CURRENCY, exponent_of

#: Sections of a page, and cells of all of them.
MOST_SECTIONS, MOST_COLUMNS, MOST_CELLS = 60, 60, 100_000
#: Excel's own bounds; it counts the units of UTF-16, of which an emoji has two.
NAME_CHARACTERS, TEXT_CHARACTERS = 31, 32_767
MOST_EXACT = 2**53
#: Excel's days begin here; it takes 1900 for a leap year, so that two months of it are others.
FIRST_DAY = date(1900, 3, 1)

Kind = Literal["money", "count", "decimal", "percent", "date"]
# Plain types: msgspec 0.22 loses count of references to a bound within such a union, and crashes.
Cell = str | tuple[Kind, str]

FORMATS = {
    "count": "#,##0",
    "decimal": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
}
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,9})?")
#: XML cannot hold them.
_NO_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]")
_WIDEST = 60


class CellError(ValueError):
    """A cell that is no number or date, or more of them than fit; says which."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table: its title, its heads, its rows."""

    title: Annotated[str, Meta(max_length=200)]
    heads: Annotated[list[str], Meta(max_length=MOST_COLUMNS)]
    rows: list[Annotated[list[Cell], Meta(max_length=MOST_COLUMNS)]]


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page: its name, the time of its figures in words, what narrows it, its sections."""

    title: Annotated[str, Meta(max_length=200)]
    as_of: Annotated[str, Meta(max_length=400)]
    facts: Annotated[list[tuple[str, str]], Meta(max_length=20)]
    sections: Annotated[list[Section], Meta(max_length=MOST_SECTIONS)]
    #: What its amounts are in, by ISO 4217.
    currency: str = CURRENCY


def workbook(shown: Shown) -> bytes:
    """The file. Raises CellError."""
    if sum(len(row) + 1 for section in shown.sections for row in section.rows) > MOST_CELLS:
        raise CellError(f"a workbook has at most {MOST_CELLS} cells")
    forms = FORMATS | {"money": money_format(shown.currency)}
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": clean(shown.title), "comments": clean(shown.as_of)})
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {kind: book.add_format({"num_format": form}) for kind, form in forms.items()}
    names = sheet_names([shown.title, *(section.title for section in shown.sections)])
    first = Section(shown.title, [shown.title, shown.as_of], [list(each) for each in shown.facts])
    for name, section in zip(names, [first, *shown.sections], strict=True):
        sheet = book.add_worksheet(name)
        for column, head in enumerate(section.heads):
            sheet.write_string(0, column, clean(head), bold)
        for place, row in enumerate(section.rows, 1):
            for column, cell in enumerate(row):
                _write(sheet, place, column, cell, formats)
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(_widths(section)):
            sheet.set_column(column, column, width)
    book.close()
    return file.getvalue()


def money_format(currency: str) -> str:
    """How Excel writes amounts in a currency; raises CellError for an unknown one."""
    try:
        digits = exponent_of(currency)
    except ValueError as error:
        raise CellError(str(error)) from error
    sign = "€" if currency == CURRENCY else currency
    return f'#,##0{"." if digits else ""}{"0" * digits} "{sign}"'


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, clean(cell))
        return
    kind, text = cell
    if kind == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise CellError(f"{text[:40]!r} is no date") from error
        if day < FIRST_DAY:
            sheet.write_string(row, column, text)
        else:
            sheet.write_datetime(row, column, day, formats[kind])
        return
    if not _NUMBER.fullmatch(text):
        raise CellError(f"{text[:40]!r} is no number")
    if exact(text):
        number = Decimal(text) / 100 if kind == "percent" else Decimal(text)
        sheet.write_number(row, column, float(number), formats[kind])
    else:
        sheet.write_string(row, column, f"{text}%" if kind == "percent" else text)


def exact(number: str) -> bool:
    """Whether a double holds every digit of a decimal text."""
    return abs(int(number.replace(".", ""))) <= MOST_EXACT


def sheet_names(titles: list[str]) -> Iterator[str]:
    """Names as Excel takes them, in their order: valid, and unique whatever their case."""
    # Excel keeps this one for itself.
    taken = {"history"}
    for place, title in enumerate(titles, 1):
        plain = _cut(" ".join(_NOT_IN_NAMES.sub(" ", title).split()), NAME_CHARACTERS).strip(" '")
        name, number = plain or f"Sheet {place}", 2
        while name.casefold() in taken:
            end = f" {number}"
            name = _cut(plain or f"Sheet {place}", NAME_CHARACTERS - len(end)) + end
            number += 1
        taken.add(name.casefold())
        yield name


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, units: int) -> str:
    """What fits of a text, in whole characters."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")


def clean(text: str) -> str:
    """Text without what no XML can hold. Raises CellError where Excel cannot hold all of it."""
    if _units(text) > TEXT_CHARACTERS:
        raise CellError(f"a text has at most {TEXT_CHARACTERS} characters")
    return _NO_CHARACTERS.sub("\ufffd", text)


def _widths(section: Section) -> Iterator[int]:
    for column in range(max([len(section.heads), *map(len, section.rows)])):
        heads: list[Cell] = list(section.heads)
        cells = [row[column] for row in [heads, *section.rows[:1000]] if column < len(row)]
        longest = max(len(cell if isinstance(cell, str) else cell[1]) + 4 for cell in cells)
        yield min(max(longest, 9), _WIDEST)
