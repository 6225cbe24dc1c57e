"""CSV for programs and spreadsheets: RFC 4180, UTF-8 with its mark, no cell a formula. Pure."""

import re
from collections.abc import Iterable
from unicodedata import category, normalize

#: Before the first row: without it a spreadsheet takes UTF-8 for the code page of its country.
#: Programs read such a file as `utf-8-sig`.
BEGIN = "\ufeff".encode()

#: A cell that one of these begins is run by a spreadsheet; the minus sign of typesetters too.
_FORMULA = frozenset("=+-@\u2212")
#: What makes a spreadsheet begin a cell anew, or a formula behind it.
_BREAKS = ("\t", "\r", "\n")

#: Separators of any country, quotes, every line break, and white space at an end.
_needs_quotes = re.compile(r'[,;"\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|^\s|\s$').search


def csv_rows(rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> bytes:
    """Rows as lines of a file. None is an empty cell.

    A text that a spreadsheet would run has an apostrophe before it; numbers are numbers, also
    negative ones.
    """
    lines = (",".join(map(_cell, row)) + line_end for row in rows)
    # A text that is no Unicode cannot be written as it is.
    return "".join(lines).encode(errors="backslashreplace")


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    if text.startswith(_BREAKS):
        return f"'{text}"
    for character in text:
        # Full-width and small forms are signs to a spreadsheet of East Asia.
        if normalize("NFKC", character) in _FORMULA:
            return f"'{text}"
        if not _is_passed_over(character):
            break
    return text


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = harmless(value) if isinstance(value, str) else str(value)
    if _needs_quotes(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _is_passed_over(character: str) -> bool:
    """White space, and what has no width: spreadsheets look behind it, or strip it."""
    return character.isspace() or category(character) in ("Cc", "Cf")
