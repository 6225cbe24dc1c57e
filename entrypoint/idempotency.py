"""Nothing that is sent again is published twice, as far as a bounded memory reaches.

A receipt is known by its identity, a request by its `Idempotency-Key`. What this process has
forgotten, or another one took, is counted once by its identity downstream (docs/idempotency.md).
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager

from starlette.types import Scope

from entrypoint import problems, track_token
from entrypoint.partitioned_publisher import ReceiptPublisher
from entrypoint.publish_queue import Resolve
from entrypoint.receipt_check import CheckedReceipt
from entrypoint.receipt_parcel import ReceiptParcel
from entrypoint.refusals import ConflictError
from tillstream.errors import NotConfirmedError, TillstreamError
from tillstream.http.asgi import header
from tillstream.http.idempotency_header import BY, BY_KEY

#: Longest Idempotency-Key, characters: what Stripe takes.
MAX_KEY_CHARACTERS = 255


class DifferentContentError(TillstreamError):
    """The key is known with another content."""


class ContentMemory:
    """Keys and the content that they came with; of the accepted ones the oldest are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_flight: dict[Hashable, Hashable] = {}
        # To find the oldest one in a plain dict, those that were removed are walked again.
        self._accepted: OrderedDict[Hashable, Hashable] = OrderedDict()

    def claim(self, key: Hashable, content: Hashable) -> bool:
        """Whether this content is still to be accepted; then it is in flight until it is settled.

        The same one may be claimed again meanwhile. Raises DifferentContentError when the key
        came with another content, accepted or in flight.
        """
        accepted = self._accepted.get(key)
        known = accepted if accepted is not None else self._in_flight.setdefault(key, content)
        if known != content:
            raise DifferentContentError
        return accepted is None

    def settle(self, key: Hashable, content: Hashable, *, accepted: bool) -> None:
        """What was claimed is known to be accepted; or it is not, and may come anew."""
        self._in_flight.pop(key, None)
        if accepted:
            self._accepted[key] = content
            if len(self._accepted) > self._limit:
                self._accepted.popitem(last=False)


class IdempotentPublisher:
    """Publishes receipts of which the broker is not known to have the same already.

    Each receipt is claimed, and then submitted, published or released.
    """

    def __init__(
        self, publisher: ReceiptPublisher, limit: int, marked: Callable[[str], None]
    ) -> None:
        """`marked` is told each mark of a receipt that is about to be published."""
        self._publisher = publisher
        self._memory = ContentMemory(limit)
        self._marked = marked

    def claim(self, receipt: CheckedReceipt) -> bool:
        """Whether it is to be published; False when it is durable. Raises ConflictError."""
        try:
            is_new = self._memory.claim(receipt.key, receipt.content)
        except DifferentContentError as error:
            raise ConflictError(receipt.key) from error
        if is_new:
            for mark in receipt.marks:
                self._marked(mark)
        return is_new

    def submit(self, receipt: CheckedReceipt, resolve: Resolve) -> None:
        """Publish it and tell `resolve`, once, whether it is durable (None) or why not."""

        def settle(error: NotConfirmedError | None) -> None:
            self._memory.settle(receipt.key, receipt.content, accepted=error is None)
            resolve(error)

        self._publisher.submit(ReceiptParcel(receipt.line, 1, (receipt.sale,)), settle)

    async def publish(self, receipts: Sequence[CheckedReceipt]) -> None:
        """Return when all are durable; raises NotConfirmedError when that is not known."""
        lines = b"\n".join([receipt.line for receipt in receipts])
        sales = [receipt.sale for receipt in receipts]
        accepted = False
        try:
            await self._publisher.publish(ReceiptParcel(lines, len(receipts), sales))
            accepted = True
        finally:
            self._settle(receipts, accepted=accepted)

    def release(self, receipts: Sequence[CheckedReceipt]) -> None:
        """These are not published."""
        self._settle(receipts, accepted=False)

    def _settle(self, receipts: Sequence[CheckedReceipt], *, accepted: bool) -> None:
        for receipt in receipts:
            self._memory.settle(receipt.key, receipt.content, accepted=accepted)


class IdempotencyKeys:
    """One body for a key; the same again waits until the first is answered."""

    def __init__(self, limit: int) -> None:
        self._memory = ContentMemory(limit)
        #: Set when the request that has the key is answered.
        self._at_work: dict[bytes, asyncio.Event] = {}

    @asynccontextmanager
    async def hold(self, key: bytes | None, body: bytes) -> AsyncIterator[None]:
        """Have the key for the body of this digest; without a key at once, for nothing.

        A request that fails frees the key for another body. Raises the ProblemError 409.
        """
        if key is None:
            yield
            return
        self._claim(key, body)
        while (at_work := self._at_work.get(key)) is not None:
            await at_work.wait()
            self._claim(key, body)
        answered = self._at_work[key] = asyncio.Event()
        accepted = False
        try:
            yield
            accepted = True
        finally:
            self._memory.settle(key, body, accepted=accepted)
            del self._at_work[key]
            answered.set()

    def _claim(self, key: bytes, body: bytes) -> None:
        try:
            self._memory.claim(key, body)
        except DifferentContentError as error:
            raise problems.conflict("This Idempotency-Key") from error


def digest(content: bytes) -> bytes:
    """Stands for a body: 16 bytes, so that no two bodies share it by accident or by design."""
    return hashlib.blake2b(content, digest_size=16).digest()


def idempotency_key(scope: Scope) -> bytes | None:
    """What the key of a request is known by, for this path and caller alone; raises 400."""
    values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if not values:
        return None
    if len(values) > 1:
        raise problems.wrong_idempotency_key(f"the header comes {len(values)} times")
    key = values[0].decode("latin-1").strip(" \t")
    if not key:
        raise problems.wrong_idempotency_key("it is empty")
    if len(key) > MAX_KEY_CHARACTERS:
        raise problems.wrong_idempotency_key(f"it has {len(key)} characters")
    if not key.isprintable():
        raise problems.wrong_idempotency_key("it has control characters")
    caller = track_token.authorization(scope) or ""
    # Each part has its length before it: no two requests are known by the same text.
    parts = [caller.encode(), scope["path"].encode(), key.encode()]
    return digest(b"".join(b"%d:%b" % (len(part), part) for part in parts))


def body_identity(scope: Scope, key: bytes, content: bytes) -> bytes:
    """What a body with a key is known by to whoever counts its events.

    With its content, as the door forgets: another body under a known key, which was accepted, has
    to count. A row of the quarantine says BY_KEY: whatever its text is, it counts once.
    """
    by = header(scope, BY.encode())
    return key if by is not None and by.strip(" \t").lower() == BY_KEY else key + content
