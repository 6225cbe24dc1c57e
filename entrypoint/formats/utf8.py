"""The text of a body: UTF-8, with or without a byte order mark."""

from entrypoint.formats.entry import NotReadableError
from entrypoint.syntax_errors import encoding_error


def text_of(body: bytes) -> str:
    """The body as text; raises NotReadableError with the byte that keeps it from being UTF-8."""
    if (fault := encoding_error(body)) is not None:
        raise NotReadableError(fault)
    text = body.decode("utf-8-sig")
    if (position := body.find(b"\0")) >= 0:
        raise NotReadableError(f"byte {position} is NUL, which no text holds; leave it out")
    return text
