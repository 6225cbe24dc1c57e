"""The receipt of the contract and its identity."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.receipts import decoded, encoded, receipt
from tillstream.contracts import Receipt, receipt_key, wire_name
from tillstream.identity import identity_of


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

    assert "Lyon%2F2/a b/7/2026-11-21 08:00:01" == actual


def test_the_clients_uuid_is_the_identity_where_it_has_one() -> None:
    uuid = "6F9619FF-8B86-D011-B42D-00C04FC964FF"

    actual = receipt_key(decoded(receipt(receiptUUID=uuid)))

    assert "uuid/6f9619ff8b86d011b42d00c04fc964ff" == actual


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
