"""The form: every field is taken, or refused by its name."""

import pytest

from tests.support.read_formats import read, refusal
from tests.support.receipts import line, receipt
from tests.support.written import as_form

FORM = "application/x-www-form-urlencoded"
ONE = as_form(receipt())


def unknown(name: str) -> str:
    return (
        f"no field of a receipt is called {name!r}; they are called storeID,"
        " documentTotal.netTotal, lines.0.quantity, settlements.0.settlementAmount"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            ONE.replace(b"Baguette", b"P%E2t%E9"),
            "%E2 is not UTF-8, after b'P'; send UTF-8",
        ),
        (
            ONE.replace(b"Baguette", "Pâté".encode("latin-1")),
            "byte 251 (0xe2) is not UTF-8; send UTF-8, not Latin-1 or another",
        ),
        (ONE + b"&storeID=2", "the field 'storeID' stands twice; keep one of them"),
        (
            ONE + b"&lines.0.quantity=2",
            "the field 'lines.0.quantity' stands twice; keep one of them",
        ),
        (ONE + b"&lines.2.quantity=2", "lines.2 is there and lines.1 is not; count from 0"),
        (
            ONE.replace(b"settlements.0", b"settlements.1"),
            "settlements.1 is there and settlements.0 is not; count from 0",
        ),
        *[
            (ONE + b"&" + name.encode() + b"=2", unknown(name))
            for name in (
                "lines.x.quantity",
                "lines.00.quantity",
                "lines.-1.quantity",
                "lines.0",
                "lines.0.",
                "lines.0.a.b",
                "lines",
                "documentTotal",
                "documentTotal.a.b",
                "shop.name",
            )
        ],
        (ONE + b"&=2", unknown("")),
        (ONE + b"&a", "bad query field: 'a'; fields are NAME=TEXT with & between them"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: bytes, expected: str) -> None:
    assert expected == refusal(FORM, body)


def test_items_stand_in_the_order_of_their_indexes() -> None:
    lines = [line() | {"lineNumber": number} for number in range(12)]
    pairs = as_form(receipt(lines=lines)).split(b"&")

    [(_, actual)] = read(FORM, b"&".join(reversed(pairs)))

    assert list(range(12)) == [one["lineNumber"] for one in actual["lines"]]


def test_fields_that_the_contract_does_not_name_are_kept_where_they_belong() -> None:
    body = ONE + b"&shop=Rue+X&documentTotal.x=1&lines.0.x=2&settlements.0.x=3"

    [(_, actual)] = read(FORM, body)

    assert ("Rue X", "1", "2", "3") == (
        actual["shop"],
        actual["documentTotal"]["x"],
        actual["lines"][0]["x"],
        actual["settlements"][0]["x"],
    )
    assert "taken" == refusal(FORM, body)


def test_a_byte_order_mark_and_a_line_break_at_the_end_are_passed_over() -> None:
    assert read(FORM, ONE) == read(FORM, b"\xef\xbb\xbf" + ONE + b"\r\n")
