"""The receipt of the contract and its identity."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.receipts import decoded, encoded, line, receipt
from tillstream.bounds import AMOUNT_LIMIT, LINES, QUANTITY_LIMIT, THOUSANDTHS_LIMIT
from tillstream.identity import identity_of
from tillstream.money import MILLI, MINOR_UNITS
from tillstream.receipt import Head, Receipt, keeps_patterns, receipt_key, wire_name


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("cash_receipt_id", "cashReceiptID"),
        ("store_id", "storeID"),
        ("document_total", "documentTotal"),
        ("date", "date"),
    ],
)
def test_wire_names_are_those_of_the_contract(field: str, name: str) -> None:
    actual = wire_name(field)

    assert name == actual


def test_identifiers_are_the_same_as_text_and_as_integer() -> None:
    as_text = decoded(receipt(cashReceiptID="7", storeID="12", terminalID="3"))
    as_integer = decoded(receipt(cashReceiptID=7, storeID=12, terminalID=3))

    assert identity_of(as_text) == identity_of(as_integer)


def test_the_key_names_store_till_number_and_date() -> None:
    actual = receipt_key(decoded(receipt(7, storeID="Lyon/2", terminalID="a b")))

    assert "2026-11-21 08:00:01/Lyon%2F2/a b/7" == actual


UUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"


def test_the_clients_uuid_is_the_identity_within_its_store() -> None:
    actual = [
        receipt_key(decoded(receipt(receiptUUID=uuid, storeID=store)))
        for uuid in (UUID, UUID.replace("-", "").lower())
        for store in (7, "A/B")
    ]

    hexadecimal = "6f9619ff8b86d011b42d00c04fc964ff"
    assert [
        f"2026-11-21/7/uuid/{hexadecimal}",
        f"2026-11-21/A%2FB/uuid/{hexadecimal}",
    ] * 2 == actual


def is_valid(text: bytes, kind: type[Any]) -> bool:
    try:
        msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        return False
    return True


def keeps_contract(fields: dict[str, Any]) -> bool:
    """By the schema."""
    return is_valid(encoded(fields), Receipt)


def both_ways(fields: dict[str, Any]) -> list[bool]:
    """By the schema, and as the door looks at a head without its schema's patterns."""
    outline = encoded(fields)
    head = is_valid(outline, Head) and keeps_patterns(msgspec.json.decode(outline, type=Head))
    return [keeps_contract(fields), head]


@pytest.mark.parametrize(
    ("uuid", "kept"),
    [
        (UUID, True),
        (UUID.replace("-", ""), True),
        (UUID.lower(), True),
        ("00000000-0000-0000-0000-000000000000", False),
        ("0" * 32, False),
        ("-" * 36, False),
        ("-" * 32, False),
        (UUID[:-1], False),
        (UUID.replace("-", "") + "\n", False),
        (UUID.replace("-", "", 1), False),
        ("6F9619FF8-B86-D011-B42D-00C04FC964FF", False),
        ("", False),
    ],
)
def test_a_uuid_is_one_of_rfc_9562_and_not_nil(uuid: str, *, kept: bool) -> None:
    assert [kept] * 2 == both_ways(receipt(receiptUUID=uuid))


@pytest.mark.parametrize("field", ["storeID", "terminalID", "cashReceiptID", "agentID"])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a", True),
        ("a b", True),
        ("..", True),
        ("é/#?%", True),
        ("9" * 64, True),
        (" a", False),
        ("a ", False),
        ("a\u00a0", False),
        ("a\n", False),
        ("a\tb", False),
        ("a\x1b[2J", False),
        ("a\x00", False),
        ("a\x85b", False),
        ("a\u2028b", False),
        (" ", False),
    ],
)
def test_an_identifier_has_no_space_around_it_and_no_control_character(
    field: str, text: str, *, kept: bool
) -> None:
    assert [kept] * 2 == both_ways(receipt() | {field: text})


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("1900-01-01 00:00:00", True),
        ("2999-12-31T23:59:59+23:59", True),
        ("2026-11-21T08:00:00.123456789+01:00", True),
        ("2026-11-21T08:00:00.1234567890", False),
        ("1899-12-31 23:59:59", False),
        ("3000-01-01 00:00:00", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-12:00", False),
        ("2026-11-21 08:00:01\n", False),
        ("20\u0662\u0666-11-21 08:00:01", False),
    ],
)
def test_a_date_is_of_the_years_1900_to_2999(date: str, *, kept: bool) -> None:
    assert [kept] * 2 == both_ways(receipt(date=date))


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("lineNumber", 2**31 - 1, True),
        ("lineNumber", 2**31, False),
        ("quantity", -1_000_000, True),
        ("quantity", 1_000_000.001, False),
        ("creditAmount", 10_000_000, True),
        ("creditAmount", -10_000_000.01, False),
        ("productCategoryName", "a\nb", False),
        ("productCode", "11 ", False),
        ("productDescription", "two\nlines", True),
    ],
)
def test_a_line_is_within_the_bounds(name: str, value: object, *, kept: bool) -> None:
    assert kept == keeps_contract(receipt(lines=[line() | {name: value}]))


def test_a_day_of_the_largest_receipts_adds_up_within_int64() -> None:
    receipts_a_day = 2_000_000

    most = (
        receipts_a_day
        * LINES
        * max(AMOUNT_LIMIT * MINOR_UNITS, THOUSANDTHS_LIMIT * 1000, QUANTITY_LIMIT * MILLI)
    )

    assert most < 2**63 // 4


parts = st.tuples(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))


@given(parts, parts)
def test_different_tills_never_share_a_key(first: tuple[str, str], second: tuple[str, str]) -> None:
    keys = [
        receipt_key(decoded(receipt(storeID=store, terminalID=till)))
        for store, till in (first, second)
    ]

    assert (first == second) == (keys[0] == keys[1])


@pytest.mark.parametrize("field", sorted(receipt()))
def test_every_field_of_the_contract_is_required(field: str) -> None:
    fields = receipt()
    del fields[field]

    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{field}`"):
        msgspec.json.decode(encoded(fields), type=Receipt)
