"""How large a Parquet file would be, before any of its columns is read.

The footer says it, but what is allocated for a page is what the page itself announces. The
headers of the pages (Thrift's compact protocol, `PageHeader` of the format) are walked by their
lengths.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from entrypoint.events.reading import BodyError, TooManyEventsError

#: Of Parquet: encodings that unpack to no more than the footer says of the column.
_ENCODINGS = frozenset(
    {"PLAIN", "RLE", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "BIT_PACKED"}
    | {"DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"}
)
_MAX_ROW_GROUPS = 1_000
_MAX_COLUMNS = 1_000
#: Pages of a file.
MAX_PAGES = 20_000
#: Structs within structs of a page's header; the format has three.
_MAX_DEPTH = 8
#: Bytes of a varint of 64 bits.
_MAX_VARINT = 10
#: Types of the compact protocol.
_STOP, _TRUE, _FALSE, _BYTE, _I32, _I64, _DOUBLE, _BINARY, _STRUCT = 0, 1, 2, 3, 5, 6, 7, 8, 12
_I16 = 4
#: Fields of a page's header.
_UNCOMPRESSED, _COMPRESSED = 2, 3


class _Chunk(NamedTuple):
    """Where the pages of a column are, in bytes of the file."""

    start: int
    end: int


class _BrokenHeaderError(Exception):
    """A header that is none."""


def require_bounded(body: bytes, metadata: Any, most_events: int, most_bytes: int) -> None:
    """By the footer (`metadata`), then by the pages; raises TooManyEventsError or BodyError."""
    if metadata.num_row_groups > _MAX_ROW_GROUPS or metadata.num_columns > _MAX_COLUMNS:
        raise BodyError("too-large", "it has too many row groups or columns")
    rows = sum(metadata.row_group(group).num_rows for group in groups_with_rows(metadata))
    if max(rows, metadata.num_rows) > most_events:
        raise TooManyEventsError
    if rows != metadata.num_rows:
        raise BodyError("parquet", "not a Parquet file: its footer counts its rows in two ways")
    said = size = pages = 0
    try:
        for column in _columns(metadata):
            if unknown := set(column.encodings) - _ENCODINGS:
                raise BodyError("encoding", f"the encoding {', '.join(unknown)} is not taken")
            said += max(0, column.total_uncompressed_size)
            _require_least(said, most_bytes)
            for unpacked in _pages(body, _chunk(column)):
                size += unpacked
                pages += 1
                _require_least(size, most_bytes)
                if pages > MAX_PAGES:
                    raise BodyError("too-large", f"it has more than {MAX_PAGES} pages")
    except (_BrokenHeaderError, IndexError) as error:
        raise BodyError("parquet", "not a Parquet file: its pages are not where it says") from error


def _require_least(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise BodyError(
            "too-large", f"it unpacks to more than {most_bytes} bytes; send less at once"
        )


def groups_with_rows(metadata: Any) -> list[int]:
    """The row groups to read: of one without rows the footer says no place of any page."""
    groups = range(metadata.num_row_groups)
    return [group for group in groups if metadata.row_group(group).num_rows]


def _columns(metadata: Any) -> Iterator[Any]:
    for group in groups_with_rows(metadata):
        for place in range(metadata.num_columns):
            yield metadata.row_group(group).column(place)


def _chunk(column: Any) -> _Chunk:
    start = column.data_page_offset
    if column.has_dictionary_page and 0 < column.dictionary_page_offset < start:
        start = column.dictionary_page_offset
    return _Chunk(start, start + column.total_compressed_size)


def _pages(body: bytes, chunk: _Chunk) -> Iterator[int]:
    """What each page unpacks to."""
    at, end = chunk
    if not 0 <= at <= end <= len(body):
        raise _BrokenHeaderError
    while at < end:
        fields: dict[int, int] = {}
        at = _struct(body, at, fields, 0)
        unpacked, packed = fields.get(_UNCOMPRESSED, -1), fields.get(_COMPRESSED, -1)
        if unpacked < 0 or packed < 0:
            raise _BrokenHeaderError
        yield max(unpacked, packed)
        at += packed


def _struct(body: bytes, at: int, integers: dict[int, int], depth: int) -> int:
    """Where it ends; its integers by their field."""
    if depth > _MAX_DEPTH:
        raise _BrokenHeaderError
    number = 0
    while True:
        kind, delta = body[at] & 0x0F, body[at] >> 4
        at += 1
        if kind == _STOP:
            return at
        if delta:
            number += delta
        else:
            number, at = _integer(body, at)
        if kind in (_I16, _I32, _I64):
            integers[number], at = _integer(body, at)
        elif kind == _STRUCT:
            at = _struct(body, at, {}, depth + 1)
        elif kind == _BINARY:
            length, at = _varint(body, at)
            at += length
        elif kind in (_BYTE, _DOUBLE):
            at += 1 if kind == _BYTE else 8
        elif kind not in (_TRUE, _FALSE):  # no header of a page has lists
            raise _BrokenHeaderError


def _integer(body: bytes, at: int) -> tuple[int, int]:
    """A signed one, and where it ends."""
    found, at = _varint(body, at)
    return (found >> 1) ^ -(found & 1), at


def _varint(body: bytes, at: int) -> tuple[int, int]:
    found = 0
    for place in range(_MAX_VARINT):
        byte = body[at + place]
        found |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return found, at + place + 1
    raise _BrokenHeaderError
