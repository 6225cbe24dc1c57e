"""CSV by header: the columns at once where all is plain, else row by row.

An optional column may be missing (csv_header.py). A cell is quoted as RFC 4180 says.
"""

import csv
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv

from entrypoint.events import column_checks
from entrypoint.events.broken_rules import BrokenRuleError
from entrypoint.events.column_checks import NotPlainError, as_one
from entrypoint.events.contract import Contract
from entrypoint.events.csv_header import Header
from entrypoint.events.reading import BodyError, SlowRow
from entrypoint.events.values import BOOLEANS
from tillstream.streams.builtin import MOST_ROW_CHARACTERS
from tillstream.streams.definition import Field

#: Characters of a line; a cell has 131,072 at most.
MAX_LINE = 1_000_000
#: Bytes of a refused row that are looked at: more than are kept of it.
_MOST_SHOWN = 4 * (MOST_ROW_CHARACTERS + 1)
_TRUE = [text for text, value in BOOLEANS.items() if value]
_FALSE = [text for text, value in BOOLEANS.items() if not value]
_QUOTE, _NEWLINE, _RETURN = b'"'[0], b"\n"[0], b"\r"[0]
_ZERO, _X = b"0x"
#: The bit by which letters of ASCII differ from their capitals.
_LOWER_CASE = np.uint8(0x20)


def columns(body: bytes, header: Header, contract: Contract, now_us: int) -> list[pa.Array]:
    """The columns of the fields as they travel; raises NotPlainError."""
    if header.end >= len(body):
        raise NotPlainError
    # Arrow reads hexadecimal integers, and we do not; NUL is in no text.
    if b"\0" in body or _may_hold_hexadecimals(body):
        raise NotPlainError
    if b"\r" in body and body.count(b"\r") != body.count(b"\r\n"):
        raise NotPlainError
    quoted = b'"' in body
    if quoted and not _quotes_hold(body, header.separator):
        raise NotPlainError
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)[header.end :]),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=max(len(body), 1),
                column_names=list(header.names),
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=header.separator, newlines_in_values=quoted
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={field.name: _csv_type(field) for field in contract.fields},
                null_values=[""],
                strings_can_be_null=True,
                true_values=_TRUE,
                false_values=_FALSE,
            ),
        )
    except pa.ArrowException as error:
        raise NotPlainError from error
    plain = [
        as_one(table[field.name])
        if field.name in header.names
        else pa.nulls(table.num_rows, _csv_type(field))
        for field in contract.fields
    ]
    return column_checks.checked(contract.fields, plain, contract.stream.event_time, now_us)


def rows(body: bytes, header: Header, contract: Contract, now_us: int) -> Iterator[SlowRow]:
    """Each row, checked alone."""
    places = [header.names.index(name) if name in header.names else None for name in contract.names]
    lines = _Lines(body, header)
    reader = csv.reader(lines, delimiter=header.separator, strict=True)
    while True:
        lines.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            broken = BrokenRuleError(
                "csv", f"{error}; close each quote, and write one in a quoted cell twice"
            )
            yield SlowRow(lines.first, lines.first_line(), None, [("", broken)])
            # What follows may have been read as a part of the quotes.
            lines.restart_after_first()
            reader = csv.reader(lines, delimiter=header.separator, strict=True)
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != len(header.names):
            broken = BrokenRuleError(
                "columns",
                f"it has {len(cells)} cells and the header {len(header.names)}; put a text that"
                f" holds {header.separator!r} in quotes, and leave out no cell",
            )
            yield SlowRow(lines.first, lines.text(), None, [("", broken)])
            continue
        if lines.undecodable:
            broken = BrokenRuleError("characters", "it is not UTF-8; send UTF-8")
            yield SlowRow(lines.first, lines.text(), None, [("", broken)])
            continue
        values = [None if place is None else cells[place] for place in places]
        row, reasons = contract.checked(values, contract.text_checks, now_us)
        yield SlowRow(lines.first, lines.text() if reasons else "", row, reasons)


class _Lines:
    """The lines below the header, and what the row that is being read is made of."""

    def __init__(self, body: bytes, header: Header) -> None:
        self._body = body
        #: Where the row begins, where its second line does, and what is read next.
        self._begin = self._second = self._at = header.end
        self._line = header.line
        self.first = header.line
        self.undecodable = False

    def begin_row(self) -> None:
        """The next line is the first of a row."""
        self.first, self.undecodable = self._line, False
        self._begin = self._second = self._at

    def text(self) -> str:
        """The row as it came: a cell in quotes may have line breaks."""
        return _shown(self._body[self._begin : self._at])

    def first_line(self) -> str:
        """The first line of it."""
        return _shown(self._body[self._begin : self._second])

    def restart_after_first(self) -> None:
        """The row was none: go on after its first line."""
        self._at, self._line = self._second, self.first + 1

    def __iter__(self) -> "Iterator[str]":
        return self

    def __next__(self) -> str:
        start = self._at
        if start >= len(self._body):
            raise StopIteration
        end = self._body.find(b"\n", start) + 1 or len(self._body)
        if end - start > MAX_LINE:
            raise BodyError("too-long", f"line {self._line} has more than {MAX_LINE} bytes")
        raw = self._body[start:end]
        line = raw.decode(errors="surrogateescape")
        if self._line == self.first:
            self._second = end
        self._at = end
        self._line += 1
        if not raw.isascii() and not self.undecodable:
            self.undecodable = any("\udc80" <= character <= "\udcff" for character in line)
        return line


def _shown(row: bytes) -> str:
    """A row that may hold bytes that are not UTF-8, as well as it can be shown."""
    return row[:_MOST_SHOWN].decode(errors="replace").rstrip("\r\n")


def _csv_type(field: Field) -> pa.DataType:
    match field.type:
        case "integer":
            return pa.int64()
        case "decimal":
            return pa.decimal128(column_checks.DECIMAL_DIGITS, field.scale)
        case "boolean":
            return pa.bool_()
        case "enum":
            return pa.dictionary(pa.int32(), pa.string())
        case _:
            return pa.string()


def _may_hold_hexadecimals(body: bytes) -> bool:
    """Whether `0x` or `0X` stands anywhere.

    Looked for by `x`, which is seldom: `0`, that every other number holds, would make it cost a
    third of all that is done with a CSV.
    """
    if b"x" not in body and b"X" not in body:
        return False
    data = np.frombuffer(body, np.uint8)
    at = np.flatnonzero((data | _LOWER_CASE) == _X)
    return bool((data[at - 1] == _ZERO).any())


def _quotes_hold(body: bytes, separator: str) -> bool:
    """Whether each quote opens a cell, ends one or is doubled within one (RFC 4180)."""
    data = np.frombuffer(body, np.uint8)
    at = np.flatnonzero(data == _QUOTE)
    if len(at) % 2:
        return False
    opening, closing = at[::2], at[1::2]
    ends = np.array([ord(separator), _NEWLINE, _RETURN, _QUOTE], np.uint8)
    before = data[np.maximum(opening - 1, 0)]
    after = data[np.minimum(closing + 1, len(data) - 1)]
    return bool(
        (np.isin(before, ends) | (opening == 0)).all()
        and (np.isin(after, ends) | (closing == len(data) - 1)).all()
    )
