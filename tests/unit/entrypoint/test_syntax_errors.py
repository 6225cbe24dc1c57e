"""Bytes that are no UTF-8 or no JSON are refused with their place and what to send instead."""

import pytest

from entrypoint.formats import READERS
from entrypoint.refusals import NotJsonError
from entrypoint.validation import validate
from tests.support.read_formats import read
from tests.support.receipts import encoded, receipt

ONE = encoded(receipt(extra="here"))
BOM = b"\xef\xbb\xbf"


def with_extra(text: bytes) -> bytes:
    return ONE.replace(b'"here"', text)


def at(text: bytes) -> int:
    """Where the text stands in the body that has it."""
    return ONE.index(b'"here"') + text.index(b"\\")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (
            ONE.replace(b"Baguette", "Pâté".encode("latin-1")),
            f"byte {ONE.index(b'Baguette') + 1} (0xe2) is not UTF-8; send UTF-8, not Latin-1 or"
            " another",
        ),
        (
            with_extra('"é"'.encode("latin-1")),
            f"byte {ONE.index(b'here')} (0xe9) is not UTF-8; send UTF-8, not Latin-1 or another",
        ),
        (
            BOM + BOM + ONE,
            "byte 0 begins a byte order mark; it may stand at the beginning of a body only",
        ),
        *[
            (ONE.decode().encode(name), "it is UTF-16 or UTF-32, by its first bytes; send UTF-8")
            for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
        ],
        *[
            (
                with_extra(text),
                f"byte {at(text)} begins {text[text.index(b'u') - 1 :][:6].decode()}, half of a"
                " surrogate pair; send both halves or UTF-8",
            )
            for text in (
                rb'"\ud800"',
                rb'"\uD800 and more text"',
                rb'"\ud800\u0041"',
                rb'"\udc00\ud800"',
                rb'["a", {"b": "\ud83d"}]',
                rb'{"\ud800": 1}',
            )
        ],
        (
            ONE.replace(b'"Baguette"', rb'"\ud83d"'),
            f"byte {ONE.index(b'Baguette')} begins \\ud83d, half of a surrogate pair; send both"
            " halves or UTF-8",
        ),
        (
            with_extra(b'"a\0"'),
            f"byte {ONE.index(b'here') + 1} is NUL; leave it out",
        ),
    ],
)
def test_what_is_unreadable_is_told_with_its_place(body: bytes, expected: str) -> None:
    # As the door does with the mark at the beginning of a body.
    with pytest.raises(NotJsonError) as caught:
        validate(body.removeprefix(BOM))

    assert expected == str(caught.value)


@pytest.mark.parametrize(
    "text", [rb'"\ud83d\ude00"', rb'"\\ud800"', rb'"\\\ud83d\ude00"', '"é"'.encode(), rb'"\\u0000"']
)
def test_whole_pairs_and_escaped_backslashes_are_text(text: bytes) -> None:
    body = with_extra(text)

    assert body == validate(body).line


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_a_byte_order_mark_at_the_beginning_is_passed_over(media_type: str) -> None:
    assert read(media_type, ONE) == read(media_type, BOM + ONE)
    assert [b"{}", b"{}"] == [
        entry.body for entry in READERS["application/json"](BOM + b" [{}, {}]")
    ]
