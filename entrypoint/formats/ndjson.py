"""`application/x-ndjson`: one receipt a line; empty lines are passed over."""

from collections.abc import Iterable
from io import BytesIO

from entrypoint.formats.entry import Entry
from entrypoint.syntax_errors import BOM
from tillstream.codec import NDJSON

MEDIA_TYPES = (NDJSON, "application/ndjson", "application/jsonl")


def receipts(body: bytes) -> Iterable[Entry]:
    """Each line that is not empty, with its number."""
    return (
        Entry(position, line.rstrip(b"\n"))
        # Reading looks for line breaks many bytes at once, `split` at each byte.
        for position, line in enumerate(BytesIO(body.removeprefix(BOM)), 1)
        if not line.isspace()
    )
