"""What the door does with a request: read, check, publish with a confirm, answer."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from starlette.types import Receive, Scope

from entrypoint import problems
from entrypoint.batch import Batch
from entrypoint.batch_reader import Batches, entries_of
from entrypoint.bodies import media_type, plain, read_body
from entrypoint.formats.entry import Entry
from entrypoint.publisher import Parcel, Publisher
from entrypoint.receipt_check import ConflictError, ForeignStoreError, Intake, Taken
from entrypoint.recent import Recent
from entrypoint.retry_keys import OtherBodyError, RetryKeys, digest, retry_key
from entrypoint.settings import EntrypointSettings
from entrypoint.violations import InvalidReceiptError, NotJsonError
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.errors import NotConfirmedError
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import ANYONE, Caller, Keys
from tillstream.http.problems import ProblemError, too_fast

#: Gets the outcome of a request, once.
Answer = Callable[[Reply | ProblemError], None]


class Accepted(msgspec.Struct, frozen=True):
    """The answer 202 to a receipt: the broker has it; it is counted and stored once."""

    key: str


class Endpoints:
    """`POST /receipt` and `POST /receipts`, and what they share."""

    def __init__(
        self,
        settings: EntrypointSettings,
        publisher: Publisher,
        intake: Intake,
        recent: Recent,
        keys: Keys,
        clock: Clock,
        buffered: ByteBudget,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._intake = intake
        self._recent = recent
        self._retry_keys = RetryKeys(settings.remembered_receipts)
        self._keys = keys
        self._clock = clock
        self._batches = Batches(buffered, settings.max_batch_bytes, settings.max_batch_receipts)

    def admit(self, scope: Scope) -> Caller:
        """Who sends a request, by its headers; raises the ProblemError 401, or 429 as far as known.

        What is refused here costs nothing: its body is not read.
        """
        if self._settings.api_keys == "off":
            return ANYONE
        caller = self._keys.authenticate(header(scope, b"authorization"))
        if seconds := caller.wait_now():
            raise too_fast(seconds)
        return caller

    async def post_receipt(self, scope: Scope, receive: Receive) -> Reply:
        """202 once the receipt is durable; raises the ProblemError to answer otherwise."""
        caller = self.admit(scope)
        body = await read_body(
            scope, receive, self._settings.max_receipt_bytes, "MAX_RECEIPT_BYTES"
        )
        answered: asyncio.Future[Reply | ProblemError] = asyncio.get_running_loop().create_future()

        def answer(outcome: Reply | ProblemError) -> None:
            if not answered.done():  # else the client went away
                answered.set_result(outcome)

        self.submit_receipt(scope, body, answer, caller)
        outcome = await answered
        if isinstance(outcome, ProblemError):
            raise outcome
        return outcome

    def submit_receipt(self, scope: Scope, body: bytes, answer: Answer, caller: Caller) -> None:
        """Check a receipt and publish it; `answer` gets the outcome, now or once it is known.

        Raises the ProblemError where nothing is published.
        """
        body = plain(scope, body, self._settings.max_receipt_bytes, "MAX_RECEIPT_BYTES")
        key = retry_key(scope)
        if key is None:
            self._publish_receipt(scope, body, answer, caller)
            return
        self._claim_and_publish(key, scope, body, answer, caller)

    def _claim_and_publish(
        self, key: bytes, scope: Scope, body: bytes, answer: Answer, caller: Caller
    ) -> None:
        def again() -> None:
            try:
                self._claim_and_publish(key, scope, body, answer, caller)
            except ProblemError as problem:
                answer(problem)

        def answer_and_free(outcome: Reply | ProblemError) -> None:
            self._retry_keys.free(key, accepted=isinstance(outcome, Reply))
            answer(outcome)

        if not self._claim(key, digest(body), again):
            return
        try:
            self._publish_receipt(scope, body, answer_and_free, caller)
        except BaseException:
            self._retry_keys.free(key, accepted=False)
            raise

    def _publish_receipt(self, scope: Scope, body: bytes, answer: Answer, caller: Caller) -> None:
        kind = media_type(scope)
        if kind != JSON:
            body = self._only(entries_of(kind, body, self._settings.max_batch_receipts))
        self._limit(caller, 1)
        taken = self._take(body, caller)
        recent, key, content = self._recent, taken.key, taken.content
        if not taken.line:  # the broker is known to have it
            answer(json_reply(202, Accepted(key)))
            return

        def resolve(error: NotConfirmedError | None) -> None:
            if error is None:
                recent.confirmed(key, content)
                answer(json_reply(202, Accepted(key)))
                return
            recent.failed(key)
            answer(problems.not_confirmed(error))

        recent.sent(key, content)
        try:
            self._publisher.submit(Parcel(taken.line, 1, (taken.sale,)), resolve)
        except NotConfirmedError as error:
            resolve(error)

    async def post_receipts(self, scope: Scope, receive: Receive) -> Reply:
        """The answer to a batch that is still to be read; raises the ProblemError otherwise."""
        caller = self.admit(scope)
        limit = self._settings.max_batch_bytes
        body = await read_body(scope, receive, limit, "MAX_BATCH_BYTES")
        return await self.take_batch(scope, body, caller)

    async def take_batch(self, scope: Scope, body: bytes, caller: Caller) -> Reply:
        """202 when all are durable, 207 when some were refused and all others are durable."""
        key = retry_key(scope)
        async with self._batches.read(scope, body, digest if key is not None else _nothing) as (
            entries,
            content,
        ):
            del body  # the entries are all that is needed of it
            self._limit(caller, len(entries))
            if key is None:
                return await self._accept(entries, caller)
            await self._claimed(key, content)
            accepted = False
            try:
                reply = await self._accept(entries, caller)
                accepted = True
            finally:
                self._retry_keys.free(key, accepted=accepted)
            return reply

    async def _accept(self, entries: Sequence[Entry], caller: Caller) -> Reply:
        batch = Batch(
            self._intake, self._recent, self._publisher, caller, self._settings.max_receipt_bytes
        )
        result = await batch.accept(entries, self._clock())
        if result.refused and not result.accepted:
            raise problems.invalid_batch(result.refused, result.errors)
        return json_reply(207 if result.refused else 202, result)

    def _take(self, body: bytes, caller: Caller) -> Taken:
        try:
            return self._intake.take(body, caller, self._clock())
        except NotJsonError as error:
            raise problems.not_json(str(error)) from error
        except InvalidReceiptError as error:
            raise problems.invalid_receipt(error.violations) from error
        except ForeignStoreError as error:
            raise problems.foreign_store(error.store) from error
        except ConflictError as error:
            raise problems.conflict(f"The receipt {error.key}") from error

    def _claim(self, key: bytes, content: bytes, again: Callable[[], None]) -> bool:
        try:
            return self._retry_keys.claim(key, content, again)
        except OtherBodyError as error:
            raise problems.conflict("This Idempotency-Key") from error

    async def _claimed(self, key: bytes, content: bytes) -> None:
        """Return when the key may be used for this body; raises the ProblemError 409."""
        while True:
            answered = asyncio.Event()
            if self._claim(key, content, answered.set):
                return
            await answered.wait()

    @staticmethod
    def _limit(caller: Caller, receipts: int) -> None:
        if seconds := caller.wait_before(receipts):
            raise too_fast(seconds)

    def _only(self, entries: Sequence[Entry]) -> bytes:
        if len(entries) != 1:
            raise problems.one_expected(len(entries))
        if entries[0].defect is not None:
            raise problems.unreadable("a receipt", entries[0].defect)
        if len(entries[0].body) > self._settings.max_receipt_bytes:
            raise problems.too_large(self._settings.max_receipt_bytes, "MAX_RECEIPT_BYTES")
        return entries[0].body


def _nothing(_: bytes) -> bytes:
    """Of a body without a key nothing is kept."""
    return b""
