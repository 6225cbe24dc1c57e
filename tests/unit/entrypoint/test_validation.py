"""What the door takes and what it refuses, with every broken rule named."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoint.refusals import InvalidReceiptError, NotJsonError
from entrypoint.validation import validate
from tests.support.receipts import encoded, line, receipt
from tillstream.receipt import StampedReceipt
from tillstream.receipt_message import stamp


def published(body: bytes) -> Any:
    return msgspec.json.decode(stamp(validate(body).line, 12.5))


def test_a_receipt_is_published_as_it_came_with_the_time_of_receipt() -> None:
    fields = receipt(loyalty={"points": [1, 2.50]})

    actual = published(encoded(fields))

    assert fields | {"receivedTime": 12.5} == actual


def test_a_published_receipt_is_one_line() -> None:
    body = msgspec.json.format(encoded(receipt()), indent=2).replace(b"\n", b"\r\n")

    actual = stamp(validate(body).line, 12.5)

    assert (b"\n" in actual, b"\r" in actual) == (False, False)


def test_a_clients_own_stamp_is_not_believed() -> None:
    actual = published(encoded({"receivedTime": "yesterday"} | receipt()))

    assert receipt() | {"receivedTime": 12.5} == actual


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"storeID": ""}, [("anyOf", "$.storeID")]),
        ({"storeID": True}, [("anyOf", "$.storeID")]),
        ({"date": "21/11/2026"}, [("pattern", "$.date")]),
        ({"date": "2026-02-30 08:00:00"}, [("date", "$.date")]),
        (
            {"lines": [line() | {"quantity": "2", "taxPercentage": 101}], "date": 3},
            [
                ("maximum", "$.lines[0].taxPercentage"),
                ("type", "$.date"),
                ("type", "$.lines[0].quantity"),
            ],
        ),
        (
            {"documentTotal": {}},
            [
                ("required", "$.documentTotal." + name)
                for name in ("grossTotal", "netTotal", "taxPayable")
            ],
        ),
        ({"cashReceiptID": 1.5}, [("anyOf", "$.cashReceiptID")]),
        ({"cashReceiptID": 1.0}, [("contract", "$.cashReceiptID")]),
        ({"settlements": None}, [("type", "$.settlements")]),
    ],
)
def test_every_broken_rule_is_named_with_its_path(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidReceiptError) as caught:
        validate(encoded(receipt() | changes))

    actual = sorted((violation.rule, violation.path) for violation in caught.value.violations)

    assert expected == actual


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"storeID": " 1"},
            "must be text of 1 to 64 characters without control characters and white space around"
            ' it, or an integer from 0 to 9223372036854775807, found " 1"',
        ),
        (
            {"receiptUUID": "1"},
            'must be text that is a UUID, with or without dashes, and not nil, or null, found "1"',
        ),
        (
            {"date": "2026-11-21T08:00:01.1234567891Z"},
            "must be text like 2026-11-21 08:00:00 or 2026-11-21T08:00:00.123+01:00, of the years"
            ' 1900 to 2999 and with at most nine decimals, found "2026-11-21T08:00:01.1234567891Z"',
        ),
        ({"documentTotal": []}, "must be an object, found a list"),
        ({"lines": {"a": 1}}, "must be a list (in XML each is a <line>), found an object with a"),
    ],
)
def test_a_message_says_what_is_wanted_and_what_was_found(
    changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InvalidReceiptError) as caught:
        validate(encoded(receipt() | changes))

    assert [expected] == [violation.message for violation in caught.value.violations]


EVERY = (
    "must be a currency's code of ISO 4217 in three capital letters, such as EUR, JPY or KWD, found"
)


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("eur", f'{EVERY} "eur"; write EUR'),
        (" JPY", f'{EVERY} " JPY"; write JPY'),
        ("KWDD", f'{EVERY} "KWDD"; leave the field out for the chain\'s main one'),
        ("", f'{EVERY} ""; leave the field out for the chain\'s main one'),
        ("XTS", f'{EVERY} "XTS"; leave the field out for the chain\'s main one'),
        ("CLF", f'{EVERY} "CLF"; leave the field out for the chain\'s main one'),
        (978, f"{EVERY} 978; leave the field out for the chain's main one"),
        ("\x03", f'{EVERY} "\\u0003"; leave the field out for the chain\'s main one'),
    ],
)
def test_what_is_no_currency_is_refused_with_what_to_write(currency: object, expected: str) -> None:
    with pytest.raises(InvalidReceiptError) as caught:
        validate(encoded(receipt(currency=currency)))

    actual = [(each.path, each.message) for each in caught.value.violations]

    assert [("$.currency", expected)] == actual


@pytest.mark.parametrize(
    ("main", "posted", "expected"),
    [
        ("EUR", {}, None),
        ("EUR", {"currency": None}, None),
        ("EUR", {"currency": "KWD"}, "KWD"),
        ("JPY", {}, "JPY"),
        ("JPY", {"currency": None}, "JPY"),
        ("JPY", {"currency": "EUR"}, "EUR"),
        ("JPY", {"note": {"currency": "EUR"}}, "JPY"),
    ],
)
def test_a_receipt_that_names_no_currency_gets_the_main_one_but_for_euros(
    main: str, posted: dict[str, Any], expected: str | None
) -> None:
    valid = validate(encoded(receipt(**posted)), main)

    assert b"currency" not in valid.line.replace(b'"currency"', b"", 1) or "note" in posted
    assert [expected] * 2 == [
        msgspec.json.decode(valid.line).get("currency"),
        valid.receipt.currency,
    ]


@pytest.mark.parametrize(
    ("currency", "amount", "kept"),
    [
        ("EUR", 10_000_000, True),
        ("JPY", 10_000_000, True),
        ("JPY", 10_000_001, False),
        ("KWD", 1_000_000, True),
        ("KWD", -1_000_000.001, False),
    ],
)
def test_the_largest_amounts_stay_below_what_a_day_may_come_to(
    currency: str, amount: float, *, kept: bool
) -> None:
    fields = receipt(currency=currency, lines=[line() | {"creditAmount": amount}])
    found: list[str] = []

    try:
        validate(encoded(fields))
    except InvalidReceiptError as error:
        found = [each.path for each in error.violations]

    assert ([] if kept else ["$.lines[0].creditAmount"]) == found


@pytest.mark.parametrize("digits", range(10))
def test_seconds_may_have_up_to_nine_decimals(digits: int) -> None:
    date = "2026-11-21T08:00:01" + ("." + "123456789"[:digits] if digits else "") + "+01:00"

    assert date == validate(encoded(receipt(date=date))).receipt.date


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidReceiptError) as caught:
        validate(b"{}")

    actual = sorted(violation.path for violation in caught.value.violations)

    assert sorted(f"$.{name}" for name in receipt()) == actual


def test_a_hostile_body_gets_a_bounded_answer() -> None:
    lines: list[dict[str, object]] = [{} for _ in range(1000)]

    with pytest.raises(InvalidReceiptError) as caught:
        validate(encoded(receipt(lines=lines)))

    assert 100 == len(caught.value.violations)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"storeID=1",
        b"\xff\xfe",
        b"[" * 100_000,
        encoded(receipt())[:-1],
        encoded(receipt(extra="A")).replace(b'"A"', b'"\xff"'),
        encoded(receipt(extra="A")).replace(b'"A"', b'"a\nb"'),
        encoded(receipt(extra="A")).replace(b'"A"', b"NaN"),
        encoded(receipt()) + b"{}",
    ],
)
def test_what_is_not_json_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(NotJsonError):
        validate(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_decodable(body: bytes) -> None:
    try:
        line = stamp(validate(body).line, 1.0)
    except (NotJsonError, InvalidReceiptError):
        return
    msgspec.json.decode(line, type=StampedReceipt)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(receipt())), json_values)
def test_any_value_in_any_field_is_refused_or_published_as_it_came(field: str, value: Any) -> None:
    fields = receipt() | {field: value}
    try:
        body = encoded(fields)
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        return
    try:
        actual = published(body)
    except (NotJsonError, InvalidReceiptError):
        return

    assert msgspec.json.decode(body) | {"receivedTime": 12.5} == actual


def nested(levels: int) -> bytes:
    """A receipt, the first level, with a field of lists and objects below it."""
    lists, objects = (levels - 1) // 2, levels // 2
    deep = b'{"x}]":' * objects + b"[" * lists + b"]" * lists + b"}" * objects
    if objects and not lists:
        deep = b"{}"
    return encoded(receipt())[:-1] + b',"x":' + deep.replace(b":}", b":0}") + b"}"


@pytest.mark.parametrize("levels", [64, 65, 981, 5000])
def test_a_receipt_is_nested_at_most_64_levels_deep(levels: int) -> None:
    if levels <= 64:
        validate(nested(levels))
        return

    with pytest.raises(NotJsonError, match="more than 64 levels deep"):
        validate(nested(levels))


def test_many_brackets_are_not_deep() -> None:
    lines = [line() | {"tags": ["[", {"a": '"[{'}], "n": index} for index in range(100)]

    actual = published(encoded(receipt(lines=lines)))

    assert receipt(lines=lines) | {"receivedTime": 12.5} == actual


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (receipt(lines=[line() | {"productDescription": "a\0b"}]), "$.lines[0].productDescription"),
        (receipt(shop={"names": ["a", "b\0"]}), "$.shop.names[1]"),
        (receipt(**{"a\0": 1}), "$.a\\u0000"),
    ],
)
def test_nul_is_in_no_text_of_any_format(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidReceiptError) as raised:
        validate(encoded(fields))

    assert [("characters", path)] == [(v.rule, v.path) for v in raised.value.violations]


def test_the_letters_of_its_escape_are_a_text_as_any() -> None:
    fields = receipt(lines=[line() | {"productDescription": r"a\u0000"}])

    assert fields["lines"] == published(encoded(fields))["lines"]
