"""`application/x-ndjson`: one receipt a line; empty lines are passed over."""

from collections.abc import Iterable

from entrypoint.formats.reading import Entry
from tillstream.codec import NDJSON

MEDIA_TYPES = (NDJSON, "application/ndjson", "application/jsonl")


def receipts(body: bytes) -> Iterable[Entry]:
    """Each line that is not empty, with its number."""
    return [
        Entry(position, line)
        for position, line in enumerate(body.split(b"\n"), 1)
        if line and not line.isspace()
    ]
