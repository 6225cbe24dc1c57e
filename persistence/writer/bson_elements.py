"""BSON by hand, for documents whose fields are known: the bytes of elements, joined. Pure.

`bson.encode` asks every value what it is: with it the worker stores 11% fewer receipts a second
(docs/decisions/0011-archive-writer.md). Source: bsonspec.org 1.1.
"""

import struct

from tillstream.bounds import LINES

#: int32 and int64, as BSON has them.
int32 = struct.Struct("<i").pack
int64 = struct.Struct("<q").pack

#: The names of an array's elements.
_PLACES = [b"\x03%d\0" % place for place in range(LINES)]


def text(name: bytes, value: str) -> bytes:
    """A string; raises UnicodeEncodeError for one that is no Unicode."""
    encoded = value.encode()
    return b"\x02%b\0%b%b\0" % (name, int32(len(encoded) + 1), encoded)


def text_or_null(name: bytes, value: str | int | None) -> bytes:
    """An identifier as a string, or null."""
    return b"\x0a%b\0" % name if value is None else text(name, str(value))


def utf8_or_binary(name: bytes, value: bytes) -> bytes:
    """Bytes as a string, or as binary where they are no UTF-8."""
    try:
        if not value.isascii():
            value.decode()
    except UnicodeDecodeError:
        return b"\x05%b\0%b\0%b" % (name, int32(len(value)), value)
    return b"\x02%b\0%b%b\0" % (name, int32(len(value) + 1), value)


def date(name: bytes, milliseconds: int) -> bytes:
    """A moment, in milliseconds of Unix time."""
    return b"\x09%b\0%b" % (name, int64(milliseconds))


def array(name: bytes, documents: list[bytes]) -> bytes:
    """An array of documents, each whole; raises ValueError for more than a receipt has lines."""
    if len(documents) > len(_PLACES):
        raise ValueError(f"{len(documents)} documents in an array; it takes {len(_PLACES)}")
    if len(documents) == 1:
        (only,) = documents
        return b"\x04%b\0%b\x030\0%b\0" % (name, int32(len(only) + 8), only)
    placed = b"".join([part for pair in zip(_PLACES, documents, strict=False) for part in pair])
    return b"\x04%b\0%b%b\0" % (name, int32(len(placed) + 5), placed)


def of_document(encoded: bytes) -> bytes:
    """The elements of a document: what stands between its size and its end."""
    return encoded[4:-1]


def document(elements: bytes, last: bytes = b"") -> bytes:
    """A document with these elements."""
    return b"%b%b%b\0" % (int32(len(elements) + len(last) + 5), elements, last)
