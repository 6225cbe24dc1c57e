"""`Content-Encoding: gzip` and `zstd`, bounded: a small body cannot become a large one."""

import zlib
from collections.abc import Callable, Iterator

import zstandard

#: Memory that a zstd frame may ask for, bytes: what RFC 9659 lets one ask of a receiver.
MAX_ZSTD_WINDOW = 8 * 1024 * 1024
#: Most gzip members or zstd frames of one body: each costs, however little is in it.
MAX_MEMBERS = 1_000
#: What is unpacked at once of a body that may have several, so that the rest is not copied.
PIECE_BYTES = 65_536


class TooLargeError(Exception):
    """The body would be larger than the limit when unpacked."""


class NotPackedError(Exception):
    """The body is not of its encoding, or was cut off."""


def gunzip(body: bytes, limit: int) -> bytes:
    """The bytes in a gzip body of one member or more (RFC 1952, 2.2), at most `limit`."""
    return b"".join(_members(body, limit))


def _members(body: bytes, limit: int) -> Iterator[bytes]:
    start = size = 0
    view = memoryview(body)
    for _ in range(MAX_MEMBERS):
        unpacker = zlib.decompressobj(wbits=31)
        at = start
        while not unpacker.eof and at < len(body):
            piece = view[at : at + PIECE_BYTES]
            try:
                part = unpacker.decompress(piece, limit - size + 1)
            except zlib.error as error:
                raise NotPackedError(f"not gzip from byte {start} on: {error}") from error
            size += len(part)
            if size > limit:
                raise TooLargeError
            yield part
            at += len(piece) - len(unpacker.unused_data)
        if not unpacker.eof:
            raise NotPackedError("the gzip stream is cut off; send all of it")
        start = at
        if start == len(body):
            return
    raise NotPackedError(f"more than {MAX_MEMBERS} gzip members; pack the body at once")


def unzstd(body: bytes, limit: int) -> bytes:
    """The bytes in a zstd body of one frame or more (RFC 8878, 3.1), at most `limit`."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size == zstandard.CONTENTSIZE_UNKNOWN:
            size = _size(unpacker, body, limit, all_frames=False)
        if size > limit:
            raise TooLargeError
        if size > 0:  # after an empty frame the library does not look for extra data
            try:
                return unpacker.decompress(body, max_output_size=size, allow_extra_data=False)
            except zstandard.ZstdError:
                pass
        # Several frames, or none that is whole: rare, and three times as slow to find out.
        if _size(unpacker, body, limit, all_frames=True) > limit:
            raise TooLargeError
        return b"".join(_frames(unpacker, body))
    except zstandard.ZstdError as error:
        raise NotPackedError(f"not one whole zstd frame, or several: {error}") from error


def _size(
    unpacker: zstandard.ZstdDecompressor, body: bytes, limit: int, *, all_frames: bool
) -> int:
    """How much is in a body, or more than `limit`: the reader gives no more than it is asked."""
    with unpacker.stream_reader(body, read_across_frames=all_frames) as reader:
        return len(reader.read(limit + 1))


def _frames(unpacker: zstandard.ZstdDecompressor, body: bytes) -> Iterator[bytes]:
    at = 0
    view = memoryview(body)
    for _ in range(MAX_MEMBERS):
        frame = unpacker.decompressobj()
        while not frame.eof and at < len(body):
            piece = view[at : at + PIECE_BYTES]
            yield frame.decompress(piece)
            at += len(piece) - len(frame.unused_data)
        if not frame.eof:
            raise NotPackedError(
                "not one whole zstd frame, or several: it is cut off; send all of it"
            )
        if at == len(body):
            return
    raise NotPackedError(f"more than {MAX_MEMBERS} zstd frames; pack the body at once")


#: Content-Encoding -> how to unpack it.
UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": gunzip, "zstd": unzstd}
