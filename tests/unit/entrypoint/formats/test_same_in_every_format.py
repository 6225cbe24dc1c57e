"""Whatever receipt the contract allows: written in any format and read back, it is the same."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.read_formats import content, with_text_ids
from tests.support.receipts import encoded
from tests.support.written import as_csv, as_form, as_xml
from tillstream.receipt import Receipt

#: Characters that XML can carry, and no control characters, which identifiers may not have.
characters = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufffe\uffff"
)
free_text = st.text(characters | st.sampled_from("\n\r\t\"',;<>&]=%+"), max_size=30)
names = st.text(characters, min_size=1, max_size=30).filter(str.strip)
identifiers = st.integers(0, 2**63 - 1) | names.filter(lambda text: text == text.strip())
amounts = st.floats(-10_000_000, 10_000_000) | st.integers(-10_000_000, 10_000_000)

lines = st.fixed_dictionaries(
    {
        "lineNumber": st.integers(0, 2**31 - 1),
        "productCode": identifiers,
        "productDescription": free_text,
        "productCategoryCode": identifiers,
        "productCategoryName": names,
        "quantity": st.floats(-1_000_000, 1_000_000),
        "unitOfMeasure": free_text,
        "unitPrice": amounts,
        "creditAmount": amounts,
        "taxPercentage": st.floats(0, 100),
        "settlementAmount": amounts,
    }
)
receipts = st.fixed_dictionaries(
    {
        "cashReceiptID": identifiers,
        "storeID": identifiers,
        "terminalID": identifiers,
        "agentID": st.none() | identifiers,
        "customerID": st.none() | identifiers,
        "date": st.builds(
            "{:%Y-%m-%d}{}{:%H:%M:%S}{}{}".format,
            st.dates(date(1900, 1, 1), date(2999, 12, 31)),
            st.sampled_from(" T"),
            st.times(),
            st.sampled_from(["", ".1", ".123456"]),
            st.sampled_from(["", "Z", "+01:00", "-0930"]),
        ),
        "documentTotal": st.fixed_dictionaries(
            {"netTotal": amounts, "taxPayable": amounts, "grossTotal": amounts}
        ),
        "transactionType": st.none() | names,
        "receiptUUID": st.none() | st.uuids().map(str),
        "currency": st.sampled_from([None, "EUR", "JPY"]),
        "lines": st.lists(lines, min_size=1, max_size=3),
        "settlements": st.lists(
            st.fixed_dictionaries({"paymentMechanism": names, "settlementAmount": amounts}),
            max_size=3,
        ),
    }
)


def as_list(*all_fields: dict[str, Any]) -> bytes:
    return msgspec.json.encode(all_fields)


def as_ndjson(*all_fields: dict[str, Any]) -> bytes:
    return b"\r\n".join(map(encoded, all_fields))


def as_xml_batch(*all_fields: dict[str, Any]) -> bytes:
    return b"<receipts>" + b"".join(map(as_xml, all_fields)) + b"</receipts>"


@pytest.mark.parametrize(
    ("media_type", "write"),
    [
        ("application/json", encoded),
        ("application/x-ndjson", encoded),
        ("application/xml", as_xml),
        ("application/x-www-form-urlencoded", as_form),
        ("text/csv", as_csv),
    ],
)
def test_a_receipt_has_the_same_content_in_every_format(media_type: str, write: Any) -> None:
    @given(receipts)
    def law(fields: dict[str, Any]) -> None:
        expected = with_text_ids(msgspec.json.decode(encoded(fields), type=Receipt))

        assert [expected] == content(media_type, write(fields))

    law()


@pytest.mark.parametrize(
    ("media_type", "write"),
    [
        ("application/json", as_list),
        ("application/x-ndjson", as_ndjson),
        ("application/xml", as_xml_batch),
        ("text/csv", as_csv),
    ],
)
def test_a_batch_has_the_same_receipts_in_every_format(media_type: str, write: Any) -> None:
    # Of another number each: rows of CSV with one number that stand together are one receipt.
    @given(st.lists(receipts, min_size=1, max_size=3))
    def law(batch: list[dict[str, Any]]) -> None:
        batch = [fields | {"cashReceiptID": number} for number, fields in enumerate(batch)]
        decoded = [msgspec.json.decode(encoded(fields), type=Receipt) for fields in batch]

        assert list(map(with_text_ids, decoded)) == content(media_type, write(*batch))

    law()
