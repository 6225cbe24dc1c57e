"""A query that is no text is refused: what reads it would take it for another one."""

from urllib.parse import unquote, unquote_to_bytes

#: What is wrong with the parameter that `not_text` names.
NOT_TEXT = "is not UTF-8, percent-encoded"


def not_text(query: bytes) -> str | None:
    """The name of the first parameter of a query string that is no UTF-8, percent-encoded; or None.

    Starlette reads other bytes as U+FFFD, and those without percent signs as Latin-1.
    """
    for pair in query.split(b"&"):
        try:
            unquote_to_bytes(pair.decode("ascii")).decode()
        except UnicodeDecodeError:
            return unquote(pair.partition(b"=")[0].decode("ascii", "replace"))
    return None
