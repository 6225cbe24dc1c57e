"""From the bytes of a request to its entries, off the event loop where that takes long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice

from starlette.types import Scope

from entrypoint import problems
from entrypoint.bodies import media_type, unpacked_body
from entrypoint.body_work import BodyWork
from entrypoint.formats import READERS
from entrypoint.formats.entry import Entry, NotReadableError
from entrypoint.idempotency import digest
from tillstream.codec import JSON, NDJSON
from tillstream.http.asgi import header

#: Largest plain body that is read on the event loop, bytes, by media type: a few milliseconds.
INLINE_BYTES = {JSON: 1_048_576, NDJSON: 1_048_576}
OTHER_INLINE_BYTES = 16_384
#: What stands between entries, and how often at most in such a body: several times as often as in
#: receipts of its size. An entry takes 100 bytes however short it is: 100,000 of 2 are 10 MB.
INLINE_SEPARATORS = {JSON: (b",", 50_000), NDJSON: (b"\n", 10_000)}


def entries_of(kind: str | None, body: bytes, most: int) -> list[Entry]:
    """The receipts of an unpacked body; raises 400, 413 beyond `most`, or 415."""
    reader = READERS.get(kind or "")
    if reader is None:
        raise problems.wrong_type(kind, list(READERS))
    try:
        entries = list(islice(reader(body), most + 1))
    except NotReadableError as error:
        raise problems.unreadable(str(kind).rpartition("/")[2], str(error)) from error
    if len(entries) > most:
        raise problems.too_many_receipts(most)
    return entries


def _is_small(kind: str, body: bytes) -> bool:
    """Whether a plain body is read in a few milliseconds and holds few entries."""
    if len(body) > INLINE_BYTES.get(kind, OTHER_INLINE_BYTES):
        return False
    separator, most = INLINE_SEPARATORS.get(kind, (b"", len(body) + 1))
    return body.count(separator) <= most


class BatchReader:
    """Reads batches: small plain ones at once, others in a thread, a few at a time."""

    def __init__(self, work: BodyWork, max_bytes: int, max_receipts: int) -> None:
        self._work = work
        self._max_bytes = max_bytes
        self._max_receipts = max_receipts

    @asynccontextmanager
    async def read(
        self, scope: Scope, body: bytes, *, digested: bool
    ) -> AsyncIterator[tuple[list[Entry], bytes]]:
        """Its entries, and the digest of the unpacked body where that is wanted.

        The memory of the body counts as held until the caller is done with its entries.
        """
        with self._work.held(len(body)):
            packed = header(scope, b"content-encoding") is not None
            if not packed and _is_small(media_type(scope) or "", body):
                found = self._read(scope, body, digested)
                del body  # what is needed of it is in the entries
                yield found
                return
            async with self._work.turn():
                found = await asyncio.to_thread(self._read, scope, body, digested)
                del body
                yield found

    def _read(self, scope: Scope, body: bytes, digested: bool) -> tuple[list[Entry], bytes]:
        body = unpacked_body(scope, body, self._max_bytes, "MAX_BATCH_BYTES")
        entries = entries_of(media_type(scope), body, self._max_receipts)
        return entries, digest(body) if digested else b""
