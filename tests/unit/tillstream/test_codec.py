"""Message bodies: one receipt or several, or a reason why not."""

import pytest

from tests.receipts import decoded, receipt, stamped
from tillstream.codec import decode_message
from tillstream.errors import UndecodableMessage


def test_one_receipt_travels_as_json() -> None:
    actual = decode_message(stamped(receipt()), "application/json")

    assert [decoded(receipt())] == actual


def test_several_receipts_travel_one_a_line() -> None:
    body = b"\n".join([stamped(receipt(1)), stamped(receipt(2))]) + b"\n"

    actual = decode_message(body, "application/x-ndjson")

    assert [decoded(receipt(1)), decoded(receipt(2))] == actual


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
    with pytest.raises(UndecodableMessage, match=reason):
        decode_message(body, content_type)
