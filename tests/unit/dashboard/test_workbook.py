"""A page as an Excel workbook: typed cells, exact or text, no formula, valid names of sheets."""

import asyncio
from io import BytesIO
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi import FastAPI

from dashboard.workbook import NAME_CHARACTERS, CellError, Section, Shown, sheet_names, workbook
from dashboard.workbook_routes import WORKBOOK_PATH
from dashboard.workbook_routes import workbook as route


def read(*sections: Section) -> Any:
    file = workbook(Shown("Stores", "as of 10:13", [("Region", "Nord")], list(sections)))
    return openpyxl.load_workbook(BytesIO(file))


def cells(*row: Any) -> list[Any]:
    """A row of one table as Excel reads it: value, number format and type of each."""
    sheet = read(Section("T", ["a"] * len(row), [list(row)]))["T"]
    return [(cell.value, cell.number_format, cell.data_type) for cell in sheet[2]]


def test_numbers_are_numbers_with_the_format_of_their_kind() -> None:
    found = cells(("money", "-1234.56"), ("count", "17"), ("percent", "17.1"), ("decimal", "2.5"))

    assert [
        (-1234.56, '#,##0.00 "€"', "n"),
        (17, "#,##0", "n"),
        (0.171, "0.0%", "n"),
        (2.5, "#,##0.00", "n"),
    ] == found


def test_a_date_is_a_date() -> None:
    ((value, form, kind),) = cells(("date", "2026-11-21"))

    assert ("2026-11-21", "yyyy-mm-dd", "d") == (value.date().isoformat(), form, kind)


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "-a", "http://a.b/", "{=1}", "007"])
def test_text_is_never_a_formula_a_link_or_a_number(text: str) -> None:
    sheet = read(Section("T", [text], [[text]]))["T"]

    assert [(text, "s", None)] * 2 == [
        (cell.value, cell.data_type, cell.hyperlink) for cell in (sheet["A1"], sheet["A2"])
    ]


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("90071992547409.92", 90071992547409.92),
        ("90071992547409.93", "90071992547409.93"),
        ("-90071992547409.93", "-90071992547409.93"),
        ("9007199254740993", "9007199254740993"),
    ],
)
def test_a_number_beyond_2_to_the_53_stays_text(number: str, kept: Any) -> None:
    ((value, _, _),) = cells(("money", number))

    assert kept == value


def test_what_no_xml_can_hold_is_replaced_and_other_signs_stay() -> None:
    texts = ["a\x00\x0b\uffffb", "_x0041_", "<&>'\"", "\U0001f950 \u202eabc", " a "]

    assert ["a\ufffd\ufffd\ufffdb", *texts[1:]] == [value for value, _, _ in cells(*texts)]


def test_names_of_sheets_are_valid_and_unique_whatever_their_case() -> None:
    titles = ["A/B: [c]*?\\", "", "x" * 40, "X" * 41, "'q'", "History", "a b c"]

    names = list(sheet_names(titles))

    assert ["A B c", "Sheet 2", "x" * 31, "X" * 29 + " 2", "q", "History 2", "a b c 2"] == names
    assert max(map(len, names)) <= NAME_CHARACTERS


def test_heads_are_bold_and_stay_in_sight_and_the_first_sheet_tells_page_and_time() -> None:
    book = read(Section("Stores", ["Store"], [["7"]]))
    first, table = book.worksheets

    assert ["Stores", "Stores 2"] == book.sheetnames
    assert ["Stores", "as of 10:13"] == [cell.value for cell in first[1]]
    assert (True, "A2") == (table["A1"].font.bold, table.freeze_panes)


@pytest.mark.parametrize("cell", [("money", "=1"), ("count", "1e5"), ("date", "2026-13-01")])
def test_a_cell_that_is_not_of_its_kind_is_told(cell: Any) -> None:
    with pytest.raises(CellError, match="is no"):
        workbook(Shown("T", "", [], [Section("T", [], [[cell]])]))


def post(body: bytes, **headers: str) -> httpx.Response:
    server = FastAPI()
    route()(server)
    given = {"content-type": "application/json"} | headers

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://own") as client:
            return await client.post(WORKBOOK_PATH, content=body, headers=given)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"title":"T","as_of":"","facts":[],"sections":[]}', {}, 200),
        (b'{"title":"T","as_of":"","facts":[],"sections":[]}', {"origin": "http://evil"}, 403),
        (b"{}", {"content-type": "text/plain"}, 403),
        (b'{"title":1}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (
            b'{"title":"T","as_of":"","facts":[],"sections":[{"title":"","heads":[],"rows":[%s]}]}'
            % b",".join([b"[]"] * 100_001),
            {},
            400,
        ),
    ],
)
def test_a_wrong_body_gets_its_problem(body: bytes, headers: dict[str, str], status: int) -> None:
    answer = post(body, **headers)

    assert status == answer.status_code
    assert status == 200 or answer.json()["problem"]


@pytest.mark.parametrize("title", ["\U0001f4a5" * 31, "a" + "\U0001f4a5" * 31])
def test_names_of_sheets_are_as_long_as_excel_counts_them(title: str) -> None:
    names = list(sheet_names([title, title]))

    assert all(len(name.encode("utf-16-le")) <= 2 * NAME_CHARACTERS for name in names)
    assert len(set(names)) == 2
    assert read(Section(title, ["a"], [["x"]]), Section(title, ["a"], [["y"]]))


def test_a_text_is_as_long_as_excel_counts_it() -> None:
    with pytest.raises(CellError):
        read(Section("T", ["a"], [["\U0001f4a5" * 16_384]]))


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "1900-01-01", "1900-02-28"])
def test_a_date_before_excels_calendar_stays_text(day: str) -> None:
    assert [(day, "General", "s")] == cells(("date", day))
