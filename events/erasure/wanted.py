"""What is asked to be erased: a value of a field, in some streams. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from events.archive.pseudonyms import Value
from tillstream.errors import TillstreamError
from tillstream.streams.definition import MOST_INTEGER, Definitions


class NotErasableError(TillstreamError):
    """What is asked for cannot be erased now; the message says why, and nothing was changed."""


class Wanted(NamedTuple):
    """A value of a field in some streams."""

    field: str
    value: Value
    streams: Sequence[str]


def wanted(definitions: Definitions, field: str, text: str, stream: str | None) -> Wanted:
    """What a command asks for; without a stream, all that have the field in `persons`.

    Raises NotErasableError.
    """
    if stream is not None and stream not in definitions.streams:
        raise NotErasableError(f"no stream {stream!r} is declared")
    names = [
        name
        for name, one in definitions.streams.items()
        if field in one.persons and stream in (None, name)
    ]
    if not names:
        where = "no stream has" if stream is None else f"the stream {stream} does not have"
        raise NotErasableError(f"{where} {field!r} in its `persons`")
    kinds = {definitions.streams[name].field(field).type for name in names}
    if len(kinds) > 1:
        raise NotErasableError(f"{field!r} is of several types; name one --stream at a time")
    [kind] = kinds
    if kind == "text" and text:
        return Wanted(field, text, names)
    if kind == "integer":
        try:
            value = int(text)
        except ValueError:
            value = MOST_INTEGER + 1
        if -MOST_INTEGER <= value <= MOST_INTEGER:
            return Wanted(field, value, names)
    raise NotErasableError(
        f"{field!r} is of type {kind}: its value cannot be {text!r}"
        if kind in ("integer", "text")
        else f"{field!r} is of type {kind}; texts and integers can be erased"
    )
