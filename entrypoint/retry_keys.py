"""`Idempotency-Key`: one body for a key, path and caller; the same again waits for the first."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Scope

from entrypoint import problems
from tillstream.http.asgi import header

#: Longest key, characters: what Stripe takes.
MAX_KEY_CHARACTERS = 255


def digest(content: bytes) -> bytes:
    """Stands for a body: 16 bytes, so that no two bodies share it by accident or by design."""
    return hashlib.blake2b(content, digest_size=16).digest()


def retry_key(scope: Scope) -> bytes | None:
    """What the key of a request is known by, for this path and caller alone; raises 400."""
    values = [value for name, value in scope["headers"] if name == b"idempotency-key"]
    if not values:
        return None
    if len(values) > 1:
        raise problems.wrong_retry_key(f"the header comes {len(values)} times")
    key = values[0].decode("latin-1").strip(" \t")
    if not key:
        raise problems.wrong_retry_key("it is empty")
    if len(key) > MAX_KEY_CHARACTERS:
        raise problems.wrong_retry_key(f"it has {len(key)} characters")
    if not key.isprintable():
        raise problems.wrong_retry_key("it has control characters")
    caller = header(scope, b"authorization") or ""
    # Each part has its length before it: no two requests are known by the same text.
    parts = [caller.encode(), scope["path"].encode(), key.encode()]
    return digest(b"".join(b"%d:%b" % (len(part), part) for part in parts))


class OtherBodyError(Exception):
    """The key stands for another body."""


class RetryKeys:
    """Keys and the digests of their bodies; of those accepted, the oldest are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._accepted: OrderedDict[bytes, bytes] = OrderedDict()
        #: Digest, and who is to be told when the request that has the key is answered.
        self._at_work: dict[bytes, tuple[bytes, list[Callable[[], None]]]] = {}

    def claim(self, key: bytes, body: bytes, again: Callable[[], None]) -> bool:
        """Whether the request with this key and digest may go on, and has to `free` the key.

        False while the same body is at work: `again` is called when that is answered, and claims
        anew. Raises OtherBodyError.
        """
        known = self._accepted.get(key)
        working = self._at_work.get(key)
        if working is not None:
            known = working[0]
        if known is not None and known != body:
            raise OtherBodyError
        if working is not None:
            working[1].append(again)
            return False
        self._at_work[key] = (body, [])
        return True

    def free(self, key: bytes, *, accepted: bool) -> None:
        """The request is answered; a key that was not accepted may stand for another body."""
        body, waiting = self._at_work.pop(key)
        if accepted:
            self._accepted[key] = body
            if len(self._accepted) > self._limit:
                self._accepted.popitem(last=False)
        for again in waiting:
            again()
