"""A file for a spreadsheet: in the signs of its reader, exact, and without formulas."""

from typing import Any

import pytest

from tests.support.scripts import evaluated


def csv(expression: str, tag: str = "en-GB") -> Any:
    return evaluated(expression, "41-csv.js", tag=tag)


def test_french_cells_are_parted_by_semicolons_and_english_ones_by_commas() -> None:
    rows = '[["CB", "1000,00"], ["a;b", "-12,34"]]'

    assert 'CB;1000,00\r\n"a;b";-12,34\r\n' == csv(f"t.csv({rows})", "fr-FR")
    assert "CB,1000.00\r\n" == csv('t.csv([["CB", "1000.00"]])')


@pytest.mark.parametrize(
    ("tag", "written", "plain"),
    [
        ("fr-FR", "70\u202f822,35\u00a0€", "70822,35"),
        ("fr-FR", "-1\u202f234,00\u00a0€", "-1234,00"),
        ("fr-FR", "17,1\u00a0%", "17,1%"),
        ("en-GB", "€70,822.35", "70822.35"),
        ("en-GB", "-€1.00", "-1.00"),
        ("en-GB", "1,234", "1234"),
        ("en-GB", "12:40:04", "12:40:04"),
        ("en-GB", "501–503", "501–503"),  # noqa: RUF001 - as it is shown
        ("en-GB", "not known", "not known"),
    ],
)
def test_an_amount_is_a_number_and_other_text_stays(tag: str, written: str, plain: str) -> None:
    assert plain == csv(f't.plainNumber("{written}")', tag)


@pytest.mark.parametrize("text", ["=1+1", "+1", "@a", "-a", "-1+1", " =1"])
def test_a_text_that_would_be_a_formula_is_quoted(text: str) -> None:
    assert f"'{text}\r\n" == csv(f't.csv([["{text}"]])')


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("\u22121\u202f234,50\u00a0€", ["money", "-1234.50"]),
        ("+12,00\u00a0€", ["money", "12.00"]),
        ("17,1\u202f%", ["percent", "17.1"]),
        ("1\u202f234", ["count", "1234"]),
        ("2,50", ["decimal", "2.50"]),
        ("007", "007"),
        ("12:40", "12:40"),
    ],
)
def test_a_written_number_has_its_kind(written: str, cell: Any) -> None:
    assert cell == csv(f't.typed("{written}")', "fr-FR")
