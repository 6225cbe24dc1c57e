"""A CSV file is read as it was written, and no cell of it is run."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.csv_output import BEGIN, csv_rows

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1+1", "\n", "\ttext"),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", "\ufe661", "\u22121"),
        *(" =1", "\u00a0=1", "\u3000\uff1d1", "\ufeff=1", "\u200b=1", "\x0b=1", "\u2028=1", "\0=1"),
    ],
)
def test_what_a_spreadsheet_would_run_has_an_apostrophe(text: str) -> None:
    assert [["'" + text]] == read(csv_rows([[text]]))


@pytest.mark.parametrize("value", [-1, -2.5, Decimal("-10000000.00"), "1+1", "a=1", "Espèces"])
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    assert [[str(value)]] == read(csv_rows([[value]]))


@pytest.mark.parametrize("text", ["CB;=1+1", "a,b", 'a"b', "a\nb", "a\rb", "a\tb", "a\u2028b"])
def test_what_could_end_a_cell_is_quoted(text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'

    assert (quoted + ",x\r\n").encode() == csv_rows([[text, "x"]])


@given(st.lists(st.lists(texts | st.none() | st.integers(), min_size=2, max_size=4), max_size=4))
def test_a_file_is_read_as_it_was_written(rows: list[list[str | int | None]]) -> None:
    found = read(BEGIN + csv_rows(rows))

    expected = [["" if cell is None else str(cell) for cell in row] for row in rows]
    assert expected == [
        [
            cell.removeprefix("'") if not text.startswith("'") else cell
            for cell, text in zip(row, was, strict=True)
        ]
        for row, was in zip(found, expected, strict=True)
    ]
