"""What the entrypoint, the door, does with a request: read, check, publish, answer."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from entrypoint import problems, track_token
from entrypoint.batch import Batch
from entrypoint.batch_reader import BatchReader, entries_of
from entrypoint.bodies import media_type, read_body, unpacked_body
from entrypoint.body_work import BodyWork
from entrypoint.formats.entry import Entry
from entrypoint.idempotency import IdempotencyKeys, IdempotentPublisher, digest, idempotency_key
from entrypoint.keys_command import ADD_KEY
from entrypoint.receipt_check import CheckedReceipt, ReceiptCheck
from entrypoint.refusals import RefusedReceiptError
from entrypoint.settings import EntrypointSettings
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.errors import NotConfirmedError
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.keys import ANYONE, Caller, Keys
from tillstream.http.problems import too_fast
from tillstream.http.requests import response

#: Gets the reply to a request, or why there is none, once.
Answer = Callable[[Reply | Exception], None]

RECEIPT, RECEIPTS = "/receipt", "/receipts"


class Accepted(msgspec.Struct, frozen=True):
    """The answer 202 to a receipt: the broker has it; it is counted and stored once."""

    key: str


class Endpoints:
    """`POST /receipt` and `POST /receipts`, whole by `submit` or through ASGI by `post`.

    1. `admit` knows the caller by the headers, before the body is read.
    2. The body is unpacked and read into receipts, each is checked.
    3. What the broker is not known to have is published.
    4. The broker's confirm makes the answer 202; what it has confirmed before has it at once.
    """

    def __init__(
        self,
        settings: EntrypointSettings,
        check: ReceiptCheck,
        publisher: IdempotentPublisher,
        keys: Keys,
        clock: Clock,
        work: BodyWork,
    ) -> None:
        self._check = check
        self._publisher = publisher
        self._idempotency_keys = IdempotencyKeys(settings.remembered_receipts)
        self._keys = keys if settings.api_keys == "on" else None
        self._clock = clock
        self._max_receipt_bytes = settings.max_receipt_bytes
        self._max_batch_bytes = settings.max_batch_bytes
        self._max_receipts = settings.max_batch_receipts
        self._batches = BatchReader(work, settings.max_batch_bytes, self._max_receipts)
        self._tasks: set[asyncio.Task[None]] = set()

    def admit(self, scope: Scope) -> Caller:
        """Who sends a request, by its headers; raises the ProblemError 401, 403, or 429.

        Also for the door's other paths. What is refused here costs nothing: its body is not read.
        """
        if self._keys is None:
            return ANYONE
        if scope["path"] == track_token.TRACK:
            caller = self._keys.caller_of(track_token.authorization(scope))
            if caller is None:
                raise track_token.unauthorized(ADD_KEY)
        else:
            caller = self._keys.authenticate(header(scope, b"authorization"))
        caller.demand("send")
        # Takes nothing of the rate: `_limit` does, once the number of receipts is known.
        if seconds := caller.wait_now():
            raise too_fast(seconds)
        return caller

    async def post(self, request: Request) -> Response:
        """202, or 207 for a batch of which some were refused; raises what to answer otherwise."""
        scope = request.scope
        caller = self.admit(scope)
        if scope["path"] == RECEIPT:
            limit = self._max_receipt_bytes, "MAX_RECEIPT_BYTES"
        else:
            limit = self._max_batch_bytes, "MAX_BATCH_BYTES"
        body = await read_body(scope, request.receive, *limit)
        accepting = self._accept(scope, body, caller)
        del body  # held by who works on it, for as long as that needs
        return response(await accepting)

    def submit(self, scope: Scope, body: bytes, caller: Caller, answer: Answer) -> None:
        """Do the same with a whole request; `answer` gets the outcome, now or once it is known.

        A receipt without an Idempotency-Key, which is the hot path, takes no task of its own.
        """
        if scope["path"] == RECEIPTS or b"idempotency-key" in scope["first_headers"]:
            task = asyncio.create_task(answer_when_known(self._accept(scope, body, caller), answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        try:
            body = unpacked_body(scope, body, self._max_receipt_bytes, "MAX_RECEIPT_BYTES")
            receipt, is_new = self._claimed(scope, body, caller)
        except Exception as error:  # noqa: BLE001 - it is answered, and logged with the answer
            answer(error)
            return

        def resolve(error: NotConfirmedError | None) -> None:
            answer(_accepted(receipt) if error is None else error)

        if is_new:
            self._publisher.submit(receipt, resolve)
        else:
            resolve(None)

    def _accept(self, scope: Scope, body: bytes, caller: Caller) -> Coroutine[Any, Any, Reply]:
        accept = self._accept_receipt if scope["path"] == RECEIPT else self._accept_batch
        return accept(scope, body, caller)

    async def _accept_receipt(self, scope: Scope, body: bytes, caller: Caller) -> Reply:
        body = unpacked_body(scope, body, self._max_receipt_bytes, "MAX_RECEIPT_BYTES")
        async with self._idempotency_keys.hold(idempotency_key(scope), digest(body)):
            receipt, is_new = self._claimed(scope, body, caller)
            if is_new:
                await self._publisher.publish((receipt,))
            return _accepted(receipt)

    async def _accept_batch(self, scope: Scope, body: bytes, caller: Caller) -> Reply:
        key = idempotency_key(scope)
        async with self._batches.read(scope, body, digested=key is not None) as (entries, content):
            del body  # the entries are all that is needed of it
            if not entries:
                raise problems.no_receipt()
            _limit(caller, len(entries))
            # A second request with this key waits here, one whose content has another digest is
            # refused.
            async with self._idempotency_keys.hold(key, content):
                batch = Batch(self._check, self._publisher, caller)
                result = await batch.accept(entries, self._clock())
                if result.refused and not result.accepted:
                    raise problems.invalid_batch(result.refused, result.errors)
                return json_reply(207 if result.refused else 202, result)

    def _claimed(self, scope: Scope, body: bytes, caller: Caller) -> tuple[CheckedReceipt, bool]:
        """The one receipt of a body, and whether the broker is not known to have it."""
        kind = media_type(scope)
        try:
            if kind != JSON:
                only = _only(entries_of(kind, body, self._max_receipts))
                body = self._check.body_of(only, "a receipt")
            _limit(caller, 1)
            receipt = self._check.check(body, caller, self._clock())
            return receipt, self._publisher.claim(receipt)
        except RefusedReceiptError as error:
            raise error.problem() from error


async def answer_when_known(accepting: Coroutine[Any, Any, Reply], answer: Answer) -> None:
    """Give the outcome to `answer`."""
    try:
        reply = await accepting
    except Exception as error:  # noqa: BLE001 - it is answered, and logged with the answer
        # Kept under no other name: with its traceback it would hold a batch until the next cycle
        # of the garbage collector.
        answer(error)
    else:
        answer(reply)


def _accepted(receipt: CheckedReceipt) -> Reply:
    return json_reply(202, Accepted(receipt.key))


def _limit(caller: Caller, receipts: int) -> None:
    if seconds := caller.wait_before(receipts):
        raise too_fast(seconds)


def _only(entries: Sequence[Entry]) -> Entry:
    if len(entries) != 1:
        raise problems.one_expected(len(entries))
    return entries[0]
