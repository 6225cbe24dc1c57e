"""What every format gives: entries, each a receipt as JSON or the reason why it is none."""

import msgspec


class NotReadableError(Exception):
    """The body is not of its format. The message says where it stops being so."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One receipt of a body: where it stood (line or item, from 1), its JSON, or the defect."""

    position: int
    body: bytes
    defect: str | None = None
