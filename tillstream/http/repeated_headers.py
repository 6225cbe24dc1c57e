"""Headers that say one thing of a request: sent twice and differently, none is believed."""

from collections.abc import Sequence

#: Those that are read here. A Host may not come twice at all (RFC 9112, 3.2).
_ONCE = (
    b"authorization",
    b"ce-id",
    b"ce-source",
    b"ce-specversion",
    b"ce-type",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"host",
    b"x-token",
)
#: Their values are the same in either case.
_CASELESS = (b"content-encoding", b"content-type", b"host")


def contradicted(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The lower-case name of a header that comes with two meanings, or None."""
    if len(dict(headers)) == len(headers):
        return None  # nearly every request: this is all that it pays
    for name in _ONCE:
        if len({_meaning(name, value) for key, value in headers if key == name}) > 1:
            return name.decode()
    return None


def _meaning(name: bytes, value: bytes) -> bytes:
    if name not in _CASELESS:
        return value.strip()
    plain = value.lower().translate(None, b' \t"')
    # What is written without a charset is UTF-8 here.
    return plain.removesuffix(b";charset=utf-8")
