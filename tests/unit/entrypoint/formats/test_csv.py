"""CSV: every cell is taken, or refused with its row or column."""

from typing import Any

import pytest

from tests.support.read_formats import read, refusal
from tests.support.receipts import line, receipt
from tests.support.written import as_csv

CSV = "text/csv"
TWO = receipt(lines=[line(250), line(350) | {"lineNumber": 2}], agentID=4)


def with_columns(fields: dict[str, Any], *columns: tuple[str, ...]) -> bytes:
    """The CSV of a receipt with further columns: the name and the cell of each row."""
    rows = as_csv(fields).decode().splitlines()
    return "\r\n".join(
        [
            row + "," + ",".join(cells)
            for row, cells in zip(rows, zip(*columns, strict=True), strict=True)
        ]
    ).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            with_columns(receipt(), ("storeID", "2")),
            "columns 2 and 23 are both called 'storeID'; keep one of them",
        ),
        (with_columns(receipt(), ("", "")), "column 23 has no name in the header; name it"),
        *[
            (
                with_columns(receipt(), (name, "2")),
                f"the column {name!r} has no meaning; a column of the receipt or the line has its"
                " name alone, others are documentTotal.NAME, line.NAME and settlement1.NAME to"
                " settlement100.NAME",
            )
            for name in (
                "settlementX.settlementAmount",
                "settlement.settlementAmount",
                "settlement0.settlementAmount",
                "settlement01.settlementAmount",
                "settlement101.settlementAmount",
                "settlement².settlementAmount",
                "lines.0.quantity",
                "lines",
                "documentTotal",
                "documentTotal.",
                "documentTotal.a.b",
                "shop.name",
            )
        ],
        (
            with_columns(receipt(), ("line.quantity", "2")),
            "a column of the line stands twice, once as `line.`; keep one",
        ),
        (
            as_csv(receipt()).replace(b",", b";"),
            "the header is separated by ';'; write 2.50 with a point and separate the columns with"
            " commas",
        ),
        (
            as_csv(receipt()).replace(b",", b"\t"),
            "the header is separated by a tab; write 2.50 with a point and separate the columns"
            " with commas",
        ),
        (
            as_csv(receipt()).replace(b",", b";").replace(b"\r\n", b";prix, TTC\r\n", 1),
            "the header is separated by ';'; write 2.50 with a point and separate the columns with"
            " commas",
        ),
        (
            b"sep=;\r\n" + as_csv(receipt()).replace(b",", b";"),
            "row 1 is Excel's own, 'sep='; leave it out, begin with the header",
        ),
        (b"", "row 1 names no column; begin with the header"),
        (
            as_csv(receipt()).replace(b"Pain", b'"Pain'),
            "unexpected end of data (line 2); put a cell that holds a comma, a quote or a line"
            ' break in "quotes", and write a quote in it as ""',
        ),
        (
            as_csv(receipt()).rstrip() + b",1\r\n",
            "2: row 2 has 23 cells and the header 22; put a text that holds a comma in quotes,"
            " write numbers with a point, and leave the cell of what is not there empty",
        ),
        (
            as_csv(TWO).rstrip().rpartition(b",")[0],
            "2: row 3 has 21 cells and the header 22; put a text that holds a comma in quotes,"
            " write numbers with a point, and leave the cell of what is not there empty",
        ),
        (
            as_csv(receipt()).replace(b"Baguette", b"Bag\0uette"),
            "byte 408 is NUL, which no text holds; leave it out",
        ),
        (
            as_csv(receipt()).decode().replace("Baguette", "Pâté").encode("latin-1"),
            "byte 406 (0xe2) is not UTF-8; send UTF-8, not Latin-1 or another",
        ),
        (
            as_csv(receipt()).decode().encode("utf-16"),
            "it is UTF-16 or UTF-32, by its first bytes; send UTF-8",
        ),
        (
            as_csv(receipt(settlements=[{"paymentMechanism": "CB", "settlementAmount": None}])),
            "$.settlements[0].settlementAmount: this field is missing",
        ),
        (
            as_csv(receipt(settlements=[{"paymentMechanism": None, "settlementAmount": 6}])),
            "$.settlements[0].paymentMechanism: this field is missing",
        ),
        (
            as_csv(receipt(documentTotal={"netTotal": 6, "taxPayable": 0, "grossTotal": None})),
            '$.documentTotal.grossTotal: must be a number, found ""',
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: bytes, expected: str) -> None:
    assert expected == refusal(CSV, body)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("agentID", "4", "9"),
        ("customerID", "", "9"),
        ("receiptUUID", "6f9619ff-8b86-d011-b42d-00c04fc96412", ""),
        ("shop", "Rue X", "Rue Y"),
        ("documentTotal.extra", "1", "2"),
        ("settlement1.extra", "1", "2"),
        ("settlement2.settlementAmount", "1", "2"),
    ],
)
def test_rows_of_a_receipt_that_contradict_each_other_are_refused(
    name: str, first: str, second: str
) -> None:
    fields = {n: v for n, v in TWO.items() if n != name}
    body = with_columns(fields, (name, first, second))

    expected = (
        f"2: row 3 says {second!r} for {name} where row 2 of the same receipt says {first!r};"
        " repeat what is the receipt's on each of its rows; a further column of its lines is"
        " line.NAME"
    )
    assert expected == refusal(CSV, body)


def test_columns_that_the_contract_does_not_name_are_kept_where_they_belong() -> None:
    body = with_columns(
        TWO,
        ("shop", "Rue X", "Rue X"),
        ("documentTotal.rounding", "0.01", "0.01"),
        ("settlement1.card", "1234", "1234"),
        ("line.barcode", "111", "222"),
        ("empty", "", ""),
    )

    [(_, actual)] = read(CSV, body)
    kept = (
        actual["shop"],
        actual["documentTotal"]["rounding"],
        actual["settlements"][0]["card"],
        [one["barcode"] for one in actual["lines"]],
        actual.get("empty"),
    )

    assert ("Rue X", "0.01", "1234", ["111", "222"], None) == kept
    assert "taken" == refusal(CSV, body)


def test_an_empty_cell_of_an_optional_field_is_no_value() -> None:
    uuid = "6f9619ff-8b86-d011-b42d-00c04fc96412"
    body = as_csv(
        receipt(1, receiptUUID=None, transactionType=None),
        receipt(2, receiptUUID=uuid, transactionType="void"),
    )

    actual = [(one["receiptUUID"], one["transactionType"]) for _, one in read(CSV, body)]

    assert [(None, None), (uuid, "void")] == actual
    assert "taken" == refusal(CSV, body)


def test_a_position_is_the_number_of_the_row_also_after_line_breaks_in_cells() -> None:
    campagne = line() | {"productDescription": "Pain\nde\r\ncampagne"}
    rows = as_csv(receipt(1, lines=[campagne]), receipt(2), receipt(3))
    # Spreadsheets leave rows without a text, which count as they show.
    body = rows.replace(b"3,1,1", b"," * 21 + b"\r\n3,1,1") + b"\r\n" + b"," * 21 + b"\r\n"

    actual = [(position, one["cashReceiptID"]) for position, one in read(CSV, body)]

    assert [(2, "1"), (3, "2"), (5, "3")] == actual


def test_tenders_stand_in_the_order_of_their_numbers_and_empty_ones_are_none() -> None:
    tenders = [
        {"paymentMechanism": name, "settlementAmount": amount}
        for name, amount in (("CB", 1), (None, None), ("Cash", 5))
    ]
    body = as_csv(receipt(settlements=tenders)).replace(b"settlement1", b"settlement10")

    [(_, actual)] = read(CSV, body)

    assert ["Cash", "CB"] == [one["paymentMechanism"] for one in actual["settlements"]]


def test_a_row_of_another_length_refuses_its_receipt_and_no_other() -> None:
    rows = as_csv(receipt(1), TWO | {"cashReceiptID": 2}, receipt(3)).splitlines()
    rows[3] += b",1"

    actual = [(position, isinstance(one, str)) for position, one in read(CSV, b"\n".join(rows))]

    assert [(2, False), (3, True), (5, False)] == actual
