"""A row says what its receipt says, to the last decimal; a document without a row is named."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from bson.int64 import Int64

from persistence.parquet.rows import carried, carried_part
from persistence.parquet.stored import FIELDS, Sums, UnreadableReceiptError, of_bson, of_documents
from persistence.writer.entries import entry
from tests.support.receipts import line, receipt, stamped
from tillstream.archive import Document
from tillstream.bounds import AMOUNT_LIMIT, LINES, QUANTITY_LIMIT, TENDERS
from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable

PARIS = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})
STORED_AT = datetime(2026, 11, 21, tzinfo=UTC)

#: Ties on the decimal text, noise of binary floats, what only just fits, and either zero.
AMOUNTS = (
    *(0.0, -0.0, 1.005, 1.015, -1.015, 5.720000000000001, 0.1 + 0.2, 1e-9),
    *(AMOUNT_LIMIT, -AMOUNT_LIMIT, 9_999_999.995, -9_999_999.985, 123_456.7890625),
)
QUANTITIES = (0.0005, 0.0015, -0.0025, 0.25, QUANTITY_LIMIT, -QUANTITY_LIMIT, 999_999.9995)
PRICES = (1.0000005, 1.0000015, -0.0000005, 9_999_999.9999995, *AMOUNTS)
PERCENTAGES = (0, 100, 5.5, 5.505, 5.515, 99.995, 1e-9)


def stored(number: int, **fields: Any) -> Document:
    """A receipt as MongoDB has it, less what is not asked for."""
    document = entry(stamped(receipt(number, **fields)), PARIS).document()
    return {name: document[name] for name in document if name in {"_id", *FIELDS}} | {
        "storedAt": STORED_AT
    }


def sent(documents: Sequence[Document]) -> bytes:
    """Documents as MongoDB sends them."""
    return b"".join(bson.encode(_with_long_amounts(document)) for document in documents)


def _with_long_amounts(document: Document) -> Document:
    return {
        name: Int64(value) if name.endswith("Minor") and type(value) is int else value
        for name, value in document.items()
    }


def rows_of(batches: Sequence[bytes]) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of some batches, and what was said of the documents without one."""
    left_out: list[UnreadableReceiptError] = []
    rows = [row for each in carried(batches, left_out.append) for row in each.batch.to_pylist()]
    return rows, [str(error) for error in left_out]


def rounded(value: float, places: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def test_every_amount_is_rounded_half_even_on_its_decimal_text() -> None:
    for place in range(len(PRICES)):
        amounts = [AMOUNTS[(place + step) % len(AMOUNTS)] for step in range(6)]
        quantity = QUANTITIES[place % len(QUANTITIES)]
        percentage = PERCENTAGES[place % len(PERCENTAGES)]
        sold = line() | {
            "quantity": quantity,
            "unitPrice": PRICES[place],
            "creditAmount": amounts[0],
            "settlementAmount": amounts[1],
            "taxPercentage": percentage,
        }
        total = {"netTotal": amounts[2], "taxPayable": amounts[3], "grossTotal": amounts[4]}
        paid = {"paymentMechanism": "CB", "settlementAmount": amounts[5]}
        document = stored(place, lines=[sold], documentTotal=total, settlements=[paid])

        (row,), _ = rows_of([sent([document])])

        assert [rounded(each, 2) for each in amounts] == [
            row["lines"][0]["net"],
            row["lines"][0]["gross"],
            row["net"],
            row["tax"],
            row["gross"],
            row["payments"][0]["amount"],
        ]
        assert [rounded(quantity, 3), rounded(PRICES[place], 6), rounded(percentage, 2)] == [
            row["lines"][0][name] for name in ("quantity", "unitPrice", "taxPercentage")
        ]


def test_every_field_is_carried_at_its_ends() -> None:
    long, most = "é" * 64, 2**63 - 1
    names = {"productDescription": "\u0000\U0001f956" * 500, "unitOfMeasure": ""}
    document = stored(
        most,
        storeID=long,
        terminalID=most,
        agentID=None,
        customerID=most,
        transactionType="",
        date="2999-12-31T23:59:59.999-23:59",
        lines=[
            line() | names | {"lineNumber": 2**31 - 1, "productCode": most},
            line() | {"lineNumber": 0, "productCategoryCode": long},
        ],
    )

    (row,), _ = rows_of([sent([document])])

    assert {
        "key": document["_id"],
        "store": long,
        "till": str(most),
        "number": str(most),
        "agent": None,
        "customer": str(most),
        "date": datetime(3000, 1, 1, 23, 58, 59, 999_000, UTC),
        "utcOffsetSeconds": -86_340,
        "receivedAt": datetime.fromtimestamp(1_795_000_000, UTC),
        "storedAt": STORED_AT,
        "type": "",
        "currency": "EUR",
    } == {name: row[name] for name in row if name not in _OF_AMOUNTS}
    assert [
        (2**31 - 1, str(most), names["productDescription"], "E", ""),
        (0, "00000011", "Baguette", long, "piece"),
    ] == [
        tuple(each[name] for name in ("number", "product", "description", "categoryCode", "unit"))
        for each in row["lines"]
    ]


_OF_AMOUNTS = ("businessDay", "net", "tax", "gross", "lines", "payments")


def test_lines_and_payments_stay_with_their_receipts() -> None:
    counts = [(0, 0), (1, 1), (LINES, TENDERS), (0, 1), (3, 0)]
    paid = {"paymentMechanism": "CB", "settlementAmount": 1}
    documents = [
        stored(
            number,
            lines=[line(cents) for cents in range(lines)],
            settlements=[paid | {"settlementAmount": cents} for cents in range(payments)],
        )
        for number, (lines, payments) in enumerate(counts)
    ]

    rows, _ = rows_of([sent(documents), sent(documents[:1]), b""])

    assert [*counts, counts[0]] == [(len(row["lines"]), len(row["payments"])) for row in rows]
    for row in rows:
        assert [rounded(cents / 100, 2) for cents in range(len(row["lines"]))] == [
            each["gross"] for each in row["lines"]
        ]
        assert list(range(len(row["payments"]))) == [each["amount"] for each in row["payments"]]


@pytest.mark.parametrize("day", ["1900-01-01 00:00:00", "1969-12-31 23:59:59", "2999-12-31 00:00"])
def test_a_document_read_from_bson_is_the_one_that_is_decoded(day: str) -> None:
    moment = day if len(day) > len("2999-12-31 00:00") else f"{day}:00"
    documents = [stored(number, date=moment, cents=number) for number in range(3)]

    found = of_bson(sent(documents))

    assert of_documents(documents) == found


ALTERED: tuple[dict[str, Any], ...] = (
    {"raw": stamped(receipt(7)) + b" "},
    {"grossMinor": 600, "more": 1},
    {"businessDay": "2026-11"},
    {"date": STORED_AT.replace(microsecond=1_000)},
    {"_id": "é" * 200},
    {"_id": ""},
)


@pytest.mark.parametrize("altered", ALTERED)
def test_a_document_of_another_layout_is_decoded(altered: dict[str, Any]) -> None:
    document = stored(7) | altered
    # As the migration leaves it: the field is the last.
    moved = {name: document[name] for name in document if name != "utcOffsetSeconds"} | {
        "utcOffsetSeconds": document["utcOffsetSeconds"]
    }
    before = {name: document[name] for name in document if name != "utcOffsetSeconds"} | {
        "utcOffsetMinutes": 60
    }
    whole = carried_part([document], lambda _: None)
    assert whole is not None

    for each in (document, moved, before):
        assert (whole.batch.to_pylist(), []) == rows_of([sent([each])])


DAMAGED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"raw": "no receipt"}, "JSON is malformed"),
    ({"raw": 7}, "JSON is malformed"),
    ({"date": "yesterday"}, "date is no time"),
    ({"date": DatetimeMS(2**60)}, "date is no time"),
    ({"storedAt": None}, "storedAt is no time"),
    ({"grossMinor": 6.0}, "grossMinor is no integer"),
    ({"currency": "XXX"}, "no currency: 'XXX'"),
    ({"currency": 978}, "no currency: 978"),
    ({"businessDay": "2026-13-01"}, "ValueError"),
    ({"_id": 7}, "ArrowTypeError"),
)


@pytest.mark.parametrize(("damage", "reason"), DAMAGED)
def test_a_damaged_document_is_named_and_the_others_are_carried(
    damage: dict[str, Any], reason: str
) -> None:
    documents = [stored(number) for number in range(1, 4)]
    damaged = documents[1] | damage

    rows, left_out = rows_of([sent([documents[0], damaged, documents[2]]), sent([damaged])])

    assert [documents[0]["_id"], documents[2]["_id"]] == [row["key"] for row in rows]
    begin = f"receipt {damaged['_id']} of MongoDB cannot be read: {reason}"
    assert [True, True] == [said.startswith(begin) for said in left_out]


def test_sums_are_those_of_the_documents_and_do_not_wrap_around() -> None:
    huge = 2**63 - 1
    documents = [stored(number) | {"netMinor": huge, "taxMinor": -huge} for number in range(3)]

    (found,) = carried([sent(documents)], lambda _: None)

    assert {"EUR": Sums(3, 3 * huge, -3 * huge, 1_800)} == found.sums


def test_every_currency_has_its_own_decimals_and_sums_in_one_batch() -> None:
    # The same text of a line: what it says depends on the currency of its receipt.
    sold = {"settlementAmount": 1.2345, "creditAmount": 1.2345}
    documents = [
        stored(
            number,
            currency=currency,
            lines=[line() | sold],
            documentTotal={"netTotal": 1.2345, "taxPayable": 0, "grossTotal": 1.2345},
            settlements=[{"paymentMechanism": "CB", "settlementAmount": 1.2345}],
        )
        for number, currency in enumerate(("EUR", "JPY", "KWD", None, "KWD"))
    ]

    (found,) = carried([sent(documents)], lambda error: pytest.fail(str(error)))

    euros, yen, dinars = Decimal("1.230"), Decimal("1.000"), Decimal("1.234")
    assert [
        ("EUR", euros, euros, euros, euros),
        ("JPY", yen, yen, yen, yen),
        ("KWD", dinars, dinars, dinars, dinars),
        ("EUR", euros, euros, euros, euros),
        ("KWD", dinars, dinars, dinars, dinars),
    ] == [
        (
            row["currency"],
            row["net"],
            row["gross"],
            row["lines"][0]["gross"],
            row["payments"][0]["amount"],
        )
        for row in found.batch.to_pylist()
    ]
    assert {
        "EUR": Sums(2, 246, 0, 246),
        "JPY": Sums(1, 1, 0, 1),
        "KWD": Sums(2, 2_468, 0, 2_468),
    } == found.sums
