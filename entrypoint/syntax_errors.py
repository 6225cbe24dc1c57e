"""Why the bytes of a body are not UTF-8 or not JSON: where, and what to send instead."""

import codecs
import re

BOM = codecs.BOM_UTF8

_is_low_half = re.compile(rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}").fullmatch


def encoding_error(body: bytes) -> str | None:
    """Why the body is not UTF-8, with the first such byte from 0; None when it is."""
    if body.isascii() and b"\0" not in body[:4]:
        return None
    # The first two characters of any of our formats are ASCII, in UTF-16 or UTF-32 beside NULs.
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body[:4]:
        return "it is UTF-16 or UTF-32, by its first bytes; send UTF-8"
    try:
        body.decode()
    except UnicodeDecodeError as error:
        found = body[error.start]
        return (
            f"byte {error.start} (0x{found:02x}) is not UTF-8; send UTF-8, not Latin-1 or another"
        )
    return None


def json_error(body: bytes, error: Exception) -> str:
    """Why the body is not JSON, by the error of the reader that refused it."""
    if not body or body.isspace():
        return "it is empty"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if (fault := encoding_error(body)) is not None:
        return fault
    if body.startswith(BOM):
        return "byte 0 begins a byte order mark; it may stand at the beginning of a body only"
    if (half := _half_surrogate(body)) is not None:
        text = body[half : half + 6].decode()
        return f"byte {half} begins {text}, half of a surrogate pair; send both halves or UTF-8"
    if (position := body.find(b"\0")) >= 0:
        return f"byte {position} is NUL; leave it out"
    return str(error)


def _half_surrogate(body: bytes) -> int | None:
    """Where an escape stands that is half of a pair (RFC 8259, 8.2)."""
    position = 0
    while (start := body.find(b"\\", position)) >= 0:
        position = start + 2
        if body[start + 1 : start + 2] != b"u":
            continue
        try:
            unit = int(body[start + 2 : start + 6], 16)
        except ValueError:
            continue
        position = start + 6
        if 0xDC00 <= unit <= 0xDFFF:
            return start
        if 0xD800 <= unit <= 0xDBFF:
            if not _is_low_half(body[position : position + 6]):
                return start
            position += 6
    return None
