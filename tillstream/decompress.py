"""`Content-Encoding: gzip` and `zstd`, bounded: a small body cannot become a large one."""

import zlib
from collections.abc import Callable

import zstandard

#: Memory that a zstd frame may ask for, bytes: what RFC 9659 lets one ask of a receiver.
MAX_ZSTD_WINDOW = 8 * 1024 * 1024


class TooLargeError(Exception):
    """The body would be larger than the limit when unpacked."""


class NotPackedError(Exception):
    """The body is not of its encoding, or was cut off."""


def gunzip(body: bytes, limit: int) -> bytes:
    """The bytes in a gzip body, at most `limit`."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise NotPackedError(f"not gzip: {error}") from error
    if len(unpacked) > limit:
        raise TooLargeError
    if not unpacker.eof or unpacker.unused_data:
        raise NotPackedError("the gzip stream is cut off or followed by other bytes")
    return unpacked


def unzstd(body: bytes, limit: int) -> bytes:
    """The bytes in a zstd body of one frame, at most `limit`."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size == zstandard.CONTENTSIZE_UNKNOWN:
            # Bounded: the reader gives no more than it is asked for.
            with unpacker.stream_reader(body, read_across_frames=False) as reader:
                size = len(reader.read(limit + 1))
        if size > limit:
            raise TooLargeError
        # Of an unknown size, 0 would mean that none is given.
        return unpacker.decompress(body, max_output_size=size or 1, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise NotPackedError(f"not one whole zstd frame: {error}") from error


#: Content-Encoding -> how to unpack it.
UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": gunzip, "zstd": unzstd}
