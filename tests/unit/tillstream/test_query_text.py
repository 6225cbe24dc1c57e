"""A query is UTF-8, percent-encoded, each of its names and values by itself."""

import pytest

from tillstream.http.query_text import not_text


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (b"store=1%FF", "store"),
        (b"till=1&store=%C3", "store"),
        # Half a letter in the name and half in the value are none.
        (b"a%C3=%A9", "a\N{REPLACEMENT CHARACTER}"),
        # Not encoded, it would be read as Latin-1.
        ("store=é".encode(), "store"),
    ],
)
def test_a_parameter_that_is_no_text_is_named(query: bytes, name: str) -> None:
    assert not_text(query) == name


@pytest.mark.parametrize("query", [b"", b"store", b"store=%C3%A9&till=1+2&=", b"store=%"])
def test_text_passes(query: bytes) -> None:
    assert not_text(query) is None
