"""A position as an opaque text that belongs to one question. No I/O.

It holds no secret and opens nothing, since each page is asked for with its own key; the digest
tells a text that was altered, cut, or sent with another question.
"""

import base64
import binascii
from hashlib import blake2b
from typing import Any

import msgspec

from persistence.api import problems

_DIGEST_BYTES = 8

encode = msgspec.msgpack.Encoder().encode


def seal(payload: bytes, asked: Any) -> str:
    """The text of a position; `asked` is what makes its question another than others."""
    return base64.urlsafe_b64encode(_digest(payload, asked) + payload).rstrip(b"=").decode()


def opened(text: str, asked: Any) -> bytes:
    """The position of a text; raises ProblemError for one that is not of this question."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise problems.wrong_cursor() from error
    payload = packed[_DIGEST_BYTES:]
    # Several texts decode to the same bytes; only the one that we gave is a cursor.
    if seal(payload, asked) != text:
        raise problems.wrong_cursor()
    return payload


def _digest(payload: bytes, asked: Any) -> bytes:
    return blake2b(encode(asked) + payload, digest_size=_DIGEST_BYTES).digest()
