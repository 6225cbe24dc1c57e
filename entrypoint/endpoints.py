"""What the door does with a request: read, check, publish with a confirm, answer."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from starlette.types import Receive, Scope

from entrypoint import problems
from entrypoint.bodies import media_type, plain, read_body
from entrypoint.formats import READERS
from entrypoint.formats.reading import Entry, NotReadableError
from entrypoint.intake import ConflictError, ForeignStoreError, Intake, Taken
from entrypoint.problems import RefusedEntry
from entrypoint.publisher import MAX_MESSAGE_BYTES, MAX_MESSAGE_RECEIPTS, Parcel, Publisher
from entrypoint.recent import DifferentContentError, Recent
from entrypoint.settings import EntrypointSettings
from entrypoint.violations import MAX_VIOLATIONS, InvalidReceiptError, NotJsonError, Violation
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.errors import NotConfirmed
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.keys import ANYONE, Caller, Keys
from tillstream.http.problems import Problem, too_fast, who_are_you

#: Parcels of one batch that may wait for their confirms at once.
PARCELS_IN_FLIGHT = 4


#: About what the door's stamps add to a receipt.
STAMP_BYTES = 32

#: Gets the outcome of a request, once.
Answer = Callable[[Reply | Problem], None]


class Accepted(msgspec.Struct, frozen=True):
    """The answer 202 to a receipt: the broker has it; it is counted and stored once."""

    key: str


class BatchResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer 202 or 207 to a batch: what is durable, and what was refused and why."""

    accepted: int
    refused: int
    #: The first refused receipts, by position.
    errors: Sequence[RefusedEntry] = ()


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
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._intake = intake
        self._recent = recent
        self._keys = keys
        self._clock = clock

    async def post_receipt(self, scope: Scope, receive: Receive) -> Reply:
        """202 once the receipt is durable; raises the Problem to answer otherwise."""
        caller = self._caller(scope)
        body = await read_body(
            scope, receive, self._settings.max_receipt_bytes, "MAX_RECEIPT_BYTES"
        )
        answered: asyncio.Future[Reply | Problem] = asyncio.get_running_loop().create_future()

        def answer(outcome: Reply | Problem) -> None:
            if not answered.done():  # else the client went away
                answered.set_result(outcome)

        self.submit_receipt(scope, body, answer, caller)
        outcome = await answered
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    def submit_receipt(
        self, scope: Scope, body: bytes, answer: Answer, caller: Caller | None = None
    ) -> None:
        """Check a receipt and publish it; `answer` gets the outcome, now or once it is known.

        Raises the Problem where nothing is published.
        """
        if caller is None:
            caller = self._caller(scope)
        limit = self._settings.max_receipt_bytes
        body = self._unpacked(scope, body, limit, "MAX_RECEIPT_BYTES")
        kind = media_type(scope)
        if kind != JSON:
            body = _only(_entries(kind, body))
        self._limit(caller, 1)
        taken = self._take(body, caller)
        recent, key, content = self._recent, taken.key, taken.content
        retry_key = _retry_key(scope)
        retried = hash((key, content))
        if retry_key is not None:
            self._claim(retry_key, retried)

        def resolve(error: NotConfirmed | None) -> None:
            if error is None:
                if taken.line:
                    recent.confirmed(key, content)
                if retry_key is not None:
                    recent.confirmed(retry_key, retried)
                answer(json_reply(202, Accepted(key)))
                return
            recent.failed(key)
            if retry_key is not None:
                recent.failed(retry_key)
            answer(problems.not_confirmed(error))

        if not taken.line:  # the broker is known to have it
            resolve(None)
            return
        recent.sent(key, content)
        try:
            self._publisher.submit(Parcel(taken.line, 1, (taken.sale,)), resolve)
        except NotConfirmed as error:
            resolve(error)

    async def post_receipts(self, scope: Scope, receive: Receive) -> Reply:
        """The answer to a batch that is still to be read; raises the Problem otherwise."""
        caller = self._caller(scope)
        limit = self._settings.max_batch_bytes
        body = await read_body(scope, receive, limit, "MAX_BATCH_BYTES")
        return await self.take_batch(scope, body, caller)

    async def take_batch(self, scope: Scope, body: bytes, caller: Caller | None = None) -> Reply:
        """202 when all are durable, 207 when some were refused and all others are durable."""
        if caller is None:
            caller = self._caller(scope)
        body = self._unpacked(scope, body, self._settings.max_batch_bytes, "MAX_BATCH_BYTES")
        entries = _entries(media_type(scope), body)
        self._limit(caller, len(entries))
        retry_key, content = _retry_key(scope), hash(body)
        if retry_key is not None:
            self._claim(retry_key, content)
        try:
            result = await self._accept(entries, caller)
        except BaseException:
            if retry_key is not None:
                self._recent.failed(retry_key)
            raise
        if retry_key is not None:
            self._recent.confirmed(retry_key, content)
        if result.refused and not result.accepted:
            raise problems.invalid_batch(result.refused, result.errors)
        return json_reply(207 if result.refused else 202, result)

    async def _accept(self, entries: Sequence[Entry], caller: Caller) -> BatchResult:
        """Check and publish by parcels, so that other requests have their turns between."""
        refused: list[RefusedEntry] = []
        parcels: set[asyncio.Task[None]] = set()
        try:
            for part in _parts(entries):
                taken = list(self._take_all(part, caller, refused))
                parcels.add(asyncio.create_task(self._publish(taken)))
                if len(parcels) >= PARCELS_IN_FLIGHT:
                    done, parcels = await asyncio.wait(parcels, return_when=asyncio.FIRST_COMPLETED)
                    for parcel in done:
                        parcel.result()
                else:
                    await asyncio.sleep(0)
            await asyncio.gather(*parcels)
        finally:
            # After a failure the answer is 503: the other parcels still resolve, unheard.
            for parcel in parcels:
                parcel.add_done_callback(_forget)
        return BatchResult(
            len(entries) - len(refused), len(refused), tuple(refused[:MAX_VIOLATIONS])
        )

    def _take_all(
        self, entries: Iterable[Entry], caller: Caller, refused: list[RefusedEntry]
    ) -> Iterable[Taken]:
        now = self._clock()
        for entry in entries:
            try:
                if entry.defect is not None:
                    raise NotJsonError(entry.defect)
                yield self._intake.take(entry.body, caller, now)
            except InvalidReceiptError as error:
                refused.append(RefusedEntry(entry.position, error.violations))
            except NotJsonError as error:
                refused.append(_refused(entry, "json", str(error)))
            except ForeignStoreError as error:
                reason = f"this API key may not send for the store {error.store!r}"
                refused.append(_refused(entry, "foreign-store", reason))
            except ConflictError as error:
                reason = f"{error.key} was sent before with another content"
                refused.append(_refused(entry, "conflict", reason))

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

    async def _publish(self, taken: Sequence[Taken]) -> None:
        """Return when all are durable; raises the Problem 503 when that is not known."""
        fresh = [one for one in taken if one.line]
        for one in fresh:
            self._recent.sent(one.key, one.content)
        try:
            if fresh:
                lines = b"\n".join([one.line for one in fresh])
                sales = [one.sale for one in fresh]
                await self._publisher.publish(Parcel(lines, len(fresh), sales))
        except BaseException as error:
            for one in fresh:
                self._recent.failed(one.key)
            if isinstance(error, NotConfirmed):
                raise problems.not_confirmed(error) from error
            raise
        for one in fresh:
            self._recent.confirmed(one.key, one.content)

    def _claim(self, retry_key: str, content: int) -> None:
        try:
            self._recent.is_confirmed(retry_key, content)
        except DifferentContentError as error:
            raise problems.conflict("This Idempotency-Key") from error
        self._recent.sent(retry_key, content)

    def _caller(self, scope: Scope) -> Caller:
        if self._settings.api_keys == "off":
            return ANYONE
        scheme, _, key = (header(scope, b"authorization") or "").partition(" ")
        caller = self._keys.caller(key.strip()) if scheme.lower() == "bearer" else None
        if caller is None:
            raise who_are_you()
        return caller

    @staticmethod
    def _limit(caller: Caller, receipts: int) -> None:
        if seconds := caller.wait_before(receipts):
            raise too_fast(seconds)

    @staticmethod
    def _unpacked(scope: Scope, body: bytes, limit: int, setting: str) -> bytes:
        return plain(scope, body, limit, setting)


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries in parts that fit a message each; a part has one entry at least."""
    start = size = 0
    for index, entry in enumerate(entries):
        size += len(entry.body) + STAMP_BYTES
        if index > start and (index - start == MAX_MESSAGE_RECEIPTS or size > MAX_MESSAGE_BYTES):
            yield entries[start:index]
            start, size = index, len(entry.body) + STAMP_BYTES
    if start < len(entries):
        yield entries[start:]


def _entries(kind: str | None, body: bytes) -> Sequence[Entry]:
    reader = READERS.get(kind or "")
    if reader is None:
        raise problems.wrong_type(kind, list(READERS))
    try:
        return list(reader(body))
    except NotReadableError as error:
        raise problems.unreadable(str(kind).rpartition("/")[2], str(error)) from error


def _only(entries: Sequence[Entry]) -> bytes:
    if len(entries) != 1:
        raise problems.one_expected(len(entries))
    if entries[0].defect is not None:
        raise problems.unreadable("a receipt", entries[0].defect)
    return entries[0].body


def _refused(entry: Entry, rule: str, reason: str) -> RefusedEntry:
    return RefusedEntry(entry.position, [Violation(rule, "$", reason)])


def _retry_key(scope: Scope) -> str | None:
    """The Idempotency-Key, apart from receipt keys, for this caller alone."""
    key = header(scope, b"idempotency-key")
    if key is None:
        return None
    return f"idempotency {hash(header(scope, b'authorization'))} {scope['path']} {key[:255]}"


def _forget(parcel: "asyncio.Task[None]") -> None:
    """Take the outcome of a parcel that nobody waits for, so that it is not reported as lost."""
    if not parcel.cancelled():
        parcel.exception()
