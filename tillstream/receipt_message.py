"""Receipts as they are published: stamped, one or several to a message, by their partition."""

from collections.abc import Sequence

import msgspec
from xxhash import xxh3_64_intdigest

from tillstream.codec import JSON, NDJSON, pack


def stamp(line: bytes, received_time: float, marks: Sequence[str] = ()) -> bytes:
    """A receipt's JSON with the door's stamps in it: when it came (Unix seconds), its marks."""
    if marks:
        return b'%b,"receivedTime":%.3f,"marks":%b}' % (
            line[:-1],
            received_time,
            msgspec.json.encode(marks),
        )
    return b'%b,"receivedTime":%.3f}' % (line[:-1], received_time)


def composed(lines: Sequence[bytes], count: int) -> tuple[bytes, str, str | None]:
    """The message of so many receipts: its body, content type and content encoding.

    Each of `lines` has one receipt, or several with line breaks between.
    """
    body = b"\n".join(lines)
    if count == 1:
        return body, JSON, None
    packed, encoding = pack(body)
    return packed, NDJSON, encoding


def partition_of_store(store: str, partitions: int) -> int:
    """The same one for every receipt of a store: every identity has its store in it, and a till's
    receipts stay in their order.
    """
    return int(xxh3_64_intdigest(store.encode())) % partitions
