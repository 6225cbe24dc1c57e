"""Message bodies: one receipt or several, or a reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoint.validation import validate
from tests.support.receipts import decoded, receipt, stamped
from tillstream.codec import (
    NDJSON,
    ZSTD,
    decode_message,
    decode_outline,
    decode_receipt,
    pack,
    receipt_bodies,
)
from tillstream.errors import UndecodableMessageError


def test_one_receipt_travels_as_json() -> None:
    actual = decode_message(stamped(receipt()), "application/json")

    assert [decoded(receipt())] == actual


def test_several_receipts_travel_one_a_line() -> None:
    body = b"\n".join([stamped(receipt(1)), stamped(receipt(2))]) + b"\n"

    actual = decode_message(body, "application/x-ndjson")

    assert [decoded(receipt(1)), decoded(receipt(2))] == actual


@pytest.mark.parametrize(
    "first",
    [
        b'"lines":[5]',
        b'"lines":[{"quantity":"x"}]',
        b'"settlements":null',
        b'"settlements":[{"paymentMechanism":5}]',
        b'"settlements":"x"',
    ],
)
def test_of_a_part_that_stands_twice_the_last_counts_as_at_the_door(first: bytes) -> None:
    twice = b"{%b,%b" % (first, stamped(receipt())[1:])

    assert validate(twice)
    assert decoded(receipt()) == decode_receipt(twice)


@pytest.mark.parametrize(
    "found", [b'"euro"', b'""', b"978", b'{"code":"EUR"}', b'["EUR"]', b"true"]
)
def test_a_field_of_this_name_from_before_there_were_currencies_is_read_as_euros(
    found: bytes,
) -> None:
    body = b'{"currency":%b,%b' % (found, stamped(receipt())[1:])

    assert decoded(receipt()) == decode_receipt(body)
    assert decode_outline(body).currency is None


@given(st.lists(st.binary() | st.sampled_from([b"", b"\r", b"a\rb"])).map(b"\n".join))
def test_a_body_is_divided_at_each_line_break_and_at_nothing_else(body: bytes) -> None:
    assert [line for line in body.split(b"\n") if line] == receipt_bodies(body, NDJSON)


def test_a_large_message_travels_packed_and_a_small_one_as_it_is() -> None:
    small, large = stamped(receipt(1)), b"\n".join([stamped(receipt(n)) for n in range(20)])
    packed, encoding = pack(large)

    assert (small, None) == pack(small)
    assert (True, ZSTD) == (len(packed) < len(large) / 4, encoding)
    assert [decoded(receipt(n)) for n in range(20)] == decode_message(packed, NDJSON, encoding)


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"x", "zstd", "not one whole zstd frame"),
        (pack(b" " * 8_192)[0][:-3], "zstd", "not one whole zstd frame"),
        (pack(b" " * 33_554_433)[0], "zstd", "more than 33554432 bytes"),
        (b"x", "br", "content encoding 'br' is not gzip or zstd"),
    ],
)
def test_what_does_not_unpack_is_told_with_its_reason(
    body: bytes, encoding: str, reason: str
) -> None:
    with pytest.raises(UndecodableMessageError, match=reason):
        decode_message(body, NDJSON, encoding)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"{", "application/json", "truncated"),
        (b"\xff", "application/json", "truncated|malformed|invalid"),
        (b"[]", "application/json", "Expected `object`"),
        (b"{}", "application/x-ndjson", "missing required field"),
        (b"x", "image/png", "image/png"),
        (stamped(receipt())[:-1] + b',"x":' + b"[" * 5000, "application/json", "nested|truncated"),
    ],
)
def test_what_is_no_receipt_is_told_with_its_reason(
    body: bytes, content_type: str, reason: str
) -> None:
    with pytest.raises(UndecodableMessageError, match=reason):
        decode_message(body, content_type)


def test_a_reason_names_what_a_pattern_demands_and_not_the_pattern() -> None:
    body = stamped(receipt(settlements=[{"paymentMechanism": "\n", "settlementAmount": 6}]))

    with pytest.raises(UndecodableMessageError) as told:
        decode_receipt(body)

    assert (
        "Expected `str` without control characters - at `$.settlements[0].paymentMechanism`"
        == str(told.value)
    )
