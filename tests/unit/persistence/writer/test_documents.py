"""Laws of the archive's documents: exact money, bytes kept, times told, bad input named."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import bson
import pytest
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from persistence.writer.documents import conflict, content_digest
from persistence.writer.entries import MAX_RECEIPT_BYTES, Reject, encoded, entry, read_message
from tests.support.receipts import encoded as json_of
from tests.support.receipts import line, receipt, receipts, stamped
from tillstream.archive import raw_bytes
from tillstream.clock import BusinessDay
from tillstream.codec import JSON, NDJSON, decode_receipt
from tillstream.errors import UndecodableMessageError
from tillstream.identity import identity_of
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris"), cutoff_hour=4), {})

cents = st.integers(-10_000_000, 10_000_000)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
#: Names that MongoDB reserves, and any other that is not the contract's.
extras = st.dictionaries(st.sampled_from(["$set", "a.b", "", "raw", "_id", "tip"]), json_values)


@pytest.mark.parametrize(
    ("currency", "named", "minor"),
    [(None, None, 123), ("EUR", None, 123), ("JPY", "JPY", 1), ("KWD", "KWD", 1_234)],
)
def test_a_document_names_its_currency_where_it_is_not_the_euro(
    currency: str | None, named: str | None, minor: int
) -> None:
    amount = 1.2345
    document = entry(
        stamped(
            receipt(
                currency=currency,
                lines=[line() | {"creditAmount": amount, "settlementAmount": amount}],
                documentTotal={"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
                settlements=[{"paymentMechanism": "CB", "settlementAmount": amount}],
            )
        ),
        STORES,
    ).document()

    sold, paid = document["lines"][0], document["payments"][0]
    assert (named, named is not None) == (document.get("currency"), "currency" in document)
    assert [minor] * 5 == [
        document["grossMinor"],
        document["netMinor"],
        sold["grossMinor"],
        sold["netMinor"],
        paid["amountMinor"],
    ]


def test_a_document_holds_what_queries_and_sums_need() -> None:
    fields = receipt(
        7,
        storeID=12,
        terminalID="T 1",
        lines=[line(110, "Pain", quantity=0.25) | {"taxPercentage": 5.5, "creditAmount": 1.04}],
        documentTotal={"netTotal": 1.04, "taxPayable": 0.06, "grossTotal": 1.1},
        settlements=[{"paymentMechanism": "CB", "settlementAmount": 1.1}],
        date="2026-11-21 03:59:59",
    )
    raw = stamped(fields, 1_795_000_000.25)

    expected = {
        "_id": "2026-11-21 03:59:59/12/T 1/7",
        "store": "12",
        "till": "T 1",
        "number": "7",
        "agent": "1",
        "customer": None,
        "date": datetime(2026, 11, 21, 2, 59, 59, tzinfo=UTC),
        "utcOffsetSeconds": 3600,
        "businessDay": "2026-11-20",
        "receivedAt": datetime.fromtimestamp(1_795_000_000.25, UTC),
        "grossMinor": 110,
        "netMinor": 104,
        "taxMinor": 6,
        "lines": [
            {
                "number": 1,
                "product": "00000011",
                "categoryCode": "E",
                "category": "Pain",
                "unitsMilli": 250,
                "netMinor": 104,
                "grossMinor": 110,
                "taxBasisPoints": 550,
            }
        ],
        "payments": [{"mechanism": "CB", "amountMinor": 110}],
        "raw": raw.decode(),
    }

    assert expected == entry(raw, STORES).document()


@given(st.lists(cents, max_size=8))
def test_money_of_a_document_is_the_sum_of_its_minor_units(amounts: list[int]) -> None:
    fields = receipt(1, cents=sum(amounts), lines=[line(amount) for amount in amounts])

    stored = entry(stamped(fields), STORES).document()

    assert (sum(amounts), amounts) == (
        stored["grossMinor"],
        [each["grossMinor"] for each in stored["lines"]],
    )


@given(receipts)
def test_amounts_are_stored_as_64_bit_integers(fields: dict[str, Any]) -> None:
    stored = entry(stamped(fields), STORES).document()

    amounts = [stored["grossMinor"], stored["netMinor"], stored["taxMinor"]]
    amounts += [each[name] for each in stored["lines"] for name in ("grossMinor", "unitsMilli")]

    assert {Int64} == {type(amount) for amount in amounts}


@given(receipts, extras, st.booleans())
def test_the_encoding_by_hand_is_that_of_the_library(
    fields: dict[str, Any], extra: dict[str, Any], utf8: bool
) -> None:
    one = entry(stamped(extra | fields)[:-1] + b',"x":"\xc3\xa9%b"}' % b"\xff"[utf8:], STORES)
    stored_at = datetime(2026, 11, 21, 7, 0, 0, 123_000, tzinfo=UTC)

    by_library = bson.encode(one.document() | {"storedAt": stored_at})

    assert by_library == encoded([one], stored_at).documents[0].raw


@given(receipts, extras)
def test_any_receipt_is_kept_byte_for_byte(fields: dict[str, Any], extra: dict[str, Any]) -> None:
    raw = stamped(extra | fields)

    stored = entry(raw, STORES).document()

    assert raw == raw_bytes(stored)


def test_bytes_that_are_no_text_are_kept_too() -> None:
    raw = stamped(receipt())[:-1] + b',"note":"\xff\xfe"}'

    stored = entry(raw, STORES).document()

    assert raw == raw_bytes(stored)


@pytest.mark.parametrize(
    ("text", "utc", "offset", "day"),
    [
        ("2026-07-01 00:30:00", "2026-06-30T22:30:00", 7200, "2026-06-30"),
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00", 0, "2026-07-01"),
        ("2026-07-01T01:00:00-05:30", "2026-07-01T06:30:00", -19800, "2026-07-01"),
        # The hour that comes twice when clocks go back is its first.
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00", 7200, "2026-10-24"),
        # Before there were time zones, offsets had seconds.
        ("1900-01-01 12:00:00", "1900-01-01T11:50:39", 561, "1900-01-01"),
    ],
)
def test_a_sale_is_dated_in_utc_with_its_offset_and_business_day(
    text: str, utc: str, offset: int, day: str
) -> None:
    stored = entry(stamped(receipt(date=text)), STORES).document()

    assert (datetime.fromisoformat(utc + "+00:00"), offset, day) == (
        stored["date"],
        stored["utcOffsetSeconds"],
        stored["businessDay"],
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "Input data was truncated"),
        (stamped(receipt(date="2026-02-30 08:00:00")), "no time: '2026-02-30"),
        (stamped(receipt(date="0001-01-01T00:00:00+14:00")), "no time: '0001-01-01"),
        (stamped(receipt(), 1e300), "no time: "),
        (json_of(receipt()), "Object missing required field `receivedTime`"),
        (stamped(receipt())[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too"),
        (b" " * (MAX_RECEIPT_BYTES + 1), f"{MAX_RECEIPT_BYTES + 1} bytes; the archive takes"),
    ],
    ids=["truncated", "no day", "before year 1", "stamp", "no stamp", "nested", "large"],
)
def test_what_cannot_be_archived_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(UndecodableMessageError) as refused:
        entry(raw, STORES)

    assert refused.value.reason.startswith(reason)


@given(receipts, st.randoms())
def test_content_does_not_depend_on_stamp_order_or_number_form(
    fields: dict[str, Any], random: Any
) -> None:
    names = list(fields)
    random.shuffle(names)
    again = {name: fields[name] for name in names} | {
        "documentTotal": {name: float(value) for name, value in fields["documentTotal"].items()}
    }
    retold = json.dumps(again | {"receivedTime": 1_795_000_999.0}, indent=1).encode()

    assert content_digest(stamped(fields)) == content_digest(retold)


@given(receipts, receipts)
def test_other_receipts_have_other_digests(first: dict[str, Any], second: dict[str, Any]) -> None:
    digests = [identity_of(decode_receipt(stamped(fields))) for fields in (first, second)]

    assert (first == second) == (digests[0] == digests[1])


def test_a_conflict_is_kept_once_for_each_content() -> None:
    times = [stamped(receipt(cents=600), 1.0), stamped(receipt(cents=600), 2.0)]
    other = stamped(receipt(cents=700))

    kept = [conflict("1/1/1/x", raw)["_id"] for raw in (*times, other)]

    assert kept[0] == kept[1] != kept[2]


def test_a_bad_line_does_not_spoil_the_good_ones() -> None:
    first, second = stamped(receipt(1)), stamped(receipt(2))

    reading = read_message(b"\n".join([first, b"{}", second]), NDJSON, STORES)

    assert (
        [entry(first, STORES), entry(second, STORES)],
        [Reject(b"{}", "Object missing required field `cashReceiptID`")],
    ) == reading


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"\n", NDJSON, "the message holds no receipt"),
        (b"x", "text/csv", f"content type 'text/csv' is not {JSON} or {NDJSON}"),
    ],
)
def test_a_message_that_holds_no_receipts_is_rejected_whole(
    body: bytes, content_type: str, reason: str
) -> None:
    assert ([], [Reject(body, reason)]) == read_message(body, content_type, STORES)
