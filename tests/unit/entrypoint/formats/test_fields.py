"""Texts become what the contract wants, and no more than JSON allows to be a number."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.read_formats import content, read, refusal
from tests.support.receipts import line, receipt
from tests.support.written import as_csv, as_form, as_xml

WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "text/csv": as_csv,
    "application/xml": as_xml,
    "application/x-www-form-urlencoded": as_form,
}
#: Some of them are numbers for Python, as the digits of other scripts are.
NO_NUMBERS = [
    "1_0",
    "\uff11\uff10",
    "\u0663",
    "\u00b2",
    "0x10",
    "+1",
    "1,5",
    "01",
    "1.",
    ".5",
    "1e",
]
NO_NUMBERS += ["NaN", "inf", "-Infinity", "1 0", "1\u00a0", "true", "null", "", "[1]", "1}"]

each_format = pytest.mark.parametrize("media_type", list(WRITERS))


@each_format
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_of_json_is_none(media_type: str, text: str) -> None:
    fields = receipt(lines=[line() | {"quantity": text}])

    expected = f'$.lines[0].quantity: must be a number, found "{text}"'
    assert expected == refusal(media_type, WRITERS[media_type](fields))


@each_format
@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("-0", 0), ("2.50", 2.5), ("1e3", 1000), (" 1E+3\t", 1000), ("-1.5e-1", -0.15)],
)
def test_what_is_a_number_of_json_is_one(media_type: str, text: str, expected: float) -> None:
    fields = receipt(lines=[line() | {"quantity": text}])

    [actual] = content(media_type, WRITERS[media_type](fields))

    assert expected == actual.lines[0].quantity


@each_format
@pytest.mark.parametrize(
    ("field", "text", "path"),
    [
        ("quantity", "1e999", "$.lines[0].quantity: must be at most "),
        ("quantity", "9" * 5000, "$.lines[0].quantity: must be at most "),
        ("lineNumber", "9" * 25, "$.lines[0].lineNumber: must be at most "),
    ],
)
def test_a_number_beyond_every_range_is_refused_with_its_place(
    media_type: str, field: str, text: str, path: str
) -> None:
    body = WRITERS[media_type](receipt(lines=[line() | {field: text}]))

    assert refusal(media_type, body).startswith(path)


@each_format
def test_white_space_around_identifiers_codes_and_the_date_means_nothing(media_type: str) -> None:
    padded: dict[str, Any] = {
        "storeID": "Est   ",
        "terminalID": "\t1",
        "cashReceiptID": " 7 ",
        "agentID": " 4",
    }
    fields = receipt(
        **padded,
        date=" 2026-11-21 08:00:01 ",
        lines=[line() | {"productCode": "11 ", "productDescription": " as it is "}],
    )

    [(_, actual)] = read(media_type, WRITERS[media_type](fields))

    assert ["Est", "1", "7", "4", "2026-11-21 08:00:01"] == [
        actual[name] for name in (*padded, "date")
    ]
    assert ("11", " as it is ") == (
        actual["lines"][0]["productCode"],
        actual["lines"][0]["productDescription"],
    )


@each_format
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_text_of_what_may_be_null_is_null(media_type: str, text: str) -> None:
    names = ("agentID", "customerID", "receiptUUID", "transactionType")
    body = WRITERS[media_type](receipt() | dict.fromkeys(names, text))

    [(_, actual)] = read(media_type, body)

    assert [None] * 4 == [actual[name] for name in names]
    assert "taken" == refusal(media_type, body)
