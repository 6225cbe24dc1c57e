"""A text is decoded once, unless it is too long to be kept."""

from tillstream.runtime.memo import LONGEST_REMEMBERED, remembering


def test_only_a_text_that_is_too_long_is_decoded_again() -> None:
    decoded: list[bytes] = []

    @remembering
    def read(text: bytes) -> int:
        decoded.append(text)
        return len(text)

    short, long = b"a" * LONGEST_REMEMBERED, b"a" * (LONGEST_REMEMBERED + 1)

    assert [len(short), len(long)] * 2 == [read(short), read(long), read(short), read(long)]
    assert [short, long, long] == decoded
