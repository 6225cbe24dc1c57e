"""How much the footer of a Parquet file says, before Arrow reads it.

Arrow takes a kilobyte for each column that a footer names in eight bytes. It is walked by its
lengths (Thrift's compact protocol, `FileMetaData` of the format).
"""

import struct

from entrypoint.events.reading import BodyError

#: Of one list: elements of the schema, row groups, columns of a row group.
MOST_ITEMS = 2_000
#: Structs of a footer.
MOST_STRUCTS = 50_000
#: Structs and lists within each other; the format has eight.
_MOST_LEVELS = 16
_MAGIC = b"PAR1"
#: What follows a footer: its length, and the magic.
_END = struct.Struct("<I4s")
#: Of the types of the compact protocol the two whose value, in a struct, is the type itself.
_TRUE, _FALSE = 1, 2
#: Bytes of a varint of 64 bits.
_MOST_VARINT = 10


def require_bounded(body: bytes) -> None:
    """Raises BodyError for a footer that says too much, or that cannot be walked."""
    if len(body) < _END.size:
        return  # Arrow says what is wrong with it
    length, magic = _END.unpack_from(body, len(body) - _END.size)
    begin = len(body) - _END.size - length
    if magic != _MAGIC or begin < 0:
        return
    try:
        _Walk(body).struct(begin, 0)
    except IndexError as error:
        raise _broken() from error


class _Walk:
    """Goes through a footer and counts."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._structs = 0

    def struct(self, at: int, level: int) -> int:
        """Where the struct ends."""
        self._structs += 1
        if self._structs > MOST_STRUCTS:
            raise _too_large()
        while kind := self._body[at] & 0x0F:
            delta, at = self._body[at] >> 4, at + 1
            if not delta:
                _, at = self._varint(at)
            if kind not in (_TRUE, _FALSE):
                at = self._value(kind, at, level + 1)
        return at + 1

    def _value(self, kind: int, at: int, level: int) -> int:
        if level > _MOST_LEVELS:
            raise _broken()
        match kind:
            case 3:  # a byte
                return at + 1
            case 4 | 5 | 6:  # integers
                return self._varint(at)[1]
            case 7:  # a double
                return at + 8
            case 8:  # bytes
                length, at = self._varint(at)
                return at + length
            case 9 | 10:  # a list, a set
                return self._list(at, level)
            case 12:
                return self.struct(at, level)
            case _:
                raise _broken()

    def _list(self, at: int, level: int) -> int:
        kind, size, at = self._body[at] & 0x0F, self._body[at] >> 4, at + 1
        if size == 0x0F:
            size, at = self._varint(at)
        if size > MOST_ITEMS:
            raise _too_large()
        for _ in range(size):
            at = at + 1 if kind in (_TRUE, _FALSE) else self._value(kind, at, level + 1)
        return at

    def _varint(self, at: int) -> tuple[int, int]:
        found = 0
        for place in range(_MOST_VARINT):
            byte = self._body[at + place]
            found |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return found, at + place + 1
        raise _broken()


def _too_large() -> BodyError:
    return BodyError(
        "too-large",
        f"its footer has a list of more than {MOST_ITEMS} items, or more than {MOST_STRUCTS}"
        " structs; write fewer row groups",
    )


def _broken() -> BodyError:
    return BodyError("parquet", "not a Parquet file: its footer does not hold")
