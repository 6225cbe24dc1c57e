"""A text is decoded once, unless it is too long to be kept; what is kept is bounded in bytes."""

import tracemalloc

from tillstream.runtime.memo import (
    LONGEST_REMEMBERED,
    REMEMBERED,
    REMEMBERED_BYTES,
    remembering,
)


def test_only_a_text_that_is_too_long_is_decoded_again() -> None:
    decoded: list[bytes] = []

    @remembering
    def read(text: bytes) -> int:
        decoded.append(text)
        return len(text)

    short, long = b"a" * LONGEST_REMEMBERED, b"a" * (LONGEST_REMEMBERED + 1)

    assert [len(short), len(long)] * 2 == [read(short), read(long), read(short), read(long)]
    assert [short, long, long] == decoded


def test_long_texts_take_no_more_memory_than_the_usual_ones() -> None:
    read = remembering(lambda text: text[:1])
    tracemalloc.start()
    try:
        for number in range(REMEMBERED):
            read(b"%04096d" % number)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 1.5 * REMEMBERED_BYTES
