"""`Content-Encoding: gzip` and `zstd`, bounded: a small body cannot become a large one."""

import zlib
from collections.abc import Callable

import zstandard


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
    """The bytes in a zstd body, at most `limit`."""
    # A frame states the memory that it needs; 8 MB is what RFC 9659 lets a client ask for.
    unpacker = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
    try:
        with unpacker.stream_reader(body, read_across_frames=False) as reader:
            unpacked = reader.read(limit + 1)
            if len(unpacked) > limit:
                raise TooLargeError
            whole = zstandard.get_frame_parameters(body)
    except zstandard.ZstdError as error:
        raise NotPackedError(f"not zstd: {error}") from error
    if whole.content_size not in (zstandard.CONTENTSIZE_UNKNOWN, len(unpacked)):
        raise NotPackedError("the zstd frame is cut off")
    return unpacked


#: Content-Encoding -> how to unpack it.
UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": gunzip, "zstd": unzstd}
