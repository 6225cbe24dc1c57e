"""Packed bodies are bounded and whole."""

import gzip
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError


def zstd_stream(body: bytes) -> bytes:
    """As a pipe packs: without the size of the content."""
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(body) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body),
    "zstd": lambda body: zstandard.ZstdCompressor().compress(body),
    "zstd stream": zstd_stream,
    # As `cat a.gz b.gz` makes them.
    "gzip members": lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:]),
    "zstd frames": lambda body: zstandard.compress(body[:7]) + zstandard.compress(body[7:]),
    "zstd frames of streams": lambda body: zstd_stream(body[:7]) + zstd_stream(body[7:]),
}
ENCODINGS = sorted(PACKERS)


@given(st.sampled_from(ENCODINGS), st.binary(max_size=500))
def test_what_was_packed_comes_back(encoding: str, body: bytes) -> None:
    actual = UNPACKERS[encoding.split()[0]](PACKERS[encoding](body), 500)

    assert body == actual


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_is_refused(encoding: str) -> None:
    bomb = PACKERS[encoding](b"\0" * 50_000_000)

    with pytest.raises(TooLargeError):
        UNPACKERS[encoding.split()[0]](bomb, 100_000)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_is_cut_off_is_refused(encoding: str) -> None:
    packed = PACKERS[encoding](bytes(range(256)) * 100)

    with pytest.raises(NotPackedError):
        UNPACKERS[encoding.split()[0]](packed[:-9], 100_000)


@given(st.sampled_from(ENCODINGS), st.binary(max_size=60))
def test_any_bytes_are_unpacked_or_refused(encoding: str, body: bytes) -> None:
    try:
        unpacked = UNPACKERS[encoding.split()[0]](body, 1000)
    except (NotPackedError, TooLargeError):
        return

    assert len(unpacked) <= 1000


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_other_bytes_after_the_last_part_are_refused(encoding: str) -> None:
    packed = PACKERS[encoding](bytes(range(256)))

    with pytest.raises(NotPackedError):
        UNPACKERS[encoding.split()[0]](packed + b"more", 100_000)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_of_very_many_parts_is_refused(encoding: str) -> None:
    packed = PACKERS[encoding](b"") * 500_000

    with pytest.raises(NotPackedError, match="more than 1000"):
        UNPACKERS[encoding](packed, 16_000_000)


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "zstd stream"])
def test_what_follows_an_empty_part_is_not_lost(encoding: str) -> None:
    packed = PACKERS[encoding](b"") + PACKERS[encoding](b"ab")

    assert b"ab" == UNPACKERS[encoding.split()[0]](packed, 100)


def test_a_zstd_frame_that_is_to_be_passed_over_is() -> None:
    skippable = (0x184D2A50).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"hello"

    assert b"ab" == UNPACKERS["zstd"](skippable + zstandard.compress(b"ab") + skippable, 100)
