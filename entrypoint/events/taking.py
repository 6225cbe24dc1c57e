"""What the door does with the body of events: read, check, publish, answer."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from starlette.types import Scope

from entrypoint import problems
from entrypoint.bodies import media_type, unpacked_body
from entrypoint.body_work import BodyWork
from entrypoint.events import answers
from entrypoint.events.answers import EventsResult
from entrypoint.events.body import READERS
from entrypoint.events.broken_rules import BrokenRuleError
from entrypoint.events.contract import Contract, Row
from entrypoint.events.json_body import READ_ERRORS, line_rows
from entrypoint.events.parcels import EventParcel, batched
from entrypoint.events.publishing import EventPublishers
from entrypoint.events.reading import BodyError, ReadEvents, TooManyEventsError
from entrypoint.events.splitting import messages
from entrypoint.idempotency import IdempotencyKeys, digest, idempotency_key
from entrypoint.publish_queue import MAX_MESSAGE_ITEMS
from entrypoint.settings import EntrypointSettings
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.keys import Caller
from tillstream.http.problems import too_fast

#: Largest plain body that is read on the event loop, bytes: a millisecond.
INLINE_BYTES = 65_536
LIMIT = "MAX_BATCH_BYTES"

ONE_ACCEPTED = json_reply(202, EventsResult(1, 0))


class Taken(NamedTuple):
    """A body that was read, and its events on their way."""

    read: ReadEvents
    parcels: list[EventParcel]
    #: Of the unpacked body; b"" where it is not wanted.
    digest: bytes


class Taking:
    """Takes bodies of events for the streams that are declared."""

    def __init__(
        self,
        settings: EntrypointSettings,
        publishers: EventPublishers,
        work: BodyWork,
        refused: Callable[[str, int], None],
        clock: Clock,
    ) -> None:
        """`refused` is told of how many events of a stream were refused."""
        self._refused = refused
        self._publishers = publishers
        self._work = work
        self._clock = clock
        self._max_bytes = settings.max_batch_bytes
        self._max_events = settings.max_batch_events
        self._keys = IdempotencyKeys(settings.remembered_receipts)

    def now_us(self) -> int:
        """The door's clock, microseconds."""
        return int(self._clock() * 1_000_000)

    def row(self, contract: Contract, body: bytes, now_us: int) -> Row:
        """The one event of a JSON object; raises the ProblemError 422."""
        try:
            return contract.row(contract.values(contract.decoder.decode(body)), now_us)
        except (*READ_ERRORS, BrokenRuleError):
            return self._row_by_rules(contract, body, now_us)

    def _row_by_rules(self, contract: Contract, body: bytes, now_us: int) -> Row:
        lines = list(line_rows(body.replace(b"\n", b" "), contract, now_us))
        if not lines:
            raise answers.no_event()
        row, read = lines[0].row, lines[0]
        if row is not None:
            return row
        if read.broken[0][1].rule == "json":
            raise problems.unreadable("JSON", read.broken[0][1].message)
        raise answers.invalid_event(contract.stream.name, answers.errors_of(read))

    async def accept(self, contract: Contract, scope: Scope, body: bytes, caller: Caller) -> Reply:
        """202, or 207 for a body of which some events were refused; raises what else to answer."""
        key = idempotency_key(scope)
        now_us = self.now_us()
        with self._work.held(len(body)):
            if len(body) <= INLINE_BYTES and header(scope, b"content-encoding") is None:
                taken = self._take(contract, scope, body, now_us, key)
            else:
                work = partial(self._take, contract, scope, body, now_us, key)
                taken = await self._work.in_thread(work)
                del work
            del body
            read = taken.read
            count = read.events.num_rows + read.refused
            if not count:
                raise answers.no_event()
            if seconds := caller.wait_before_events(count):
                raise too_fast(seconds)
            async with self._keys.hold(key, taken.digest):
                await self._publishers.publish(contract.stream.name, taken.parcels)
                return self._answer(contract, read)

    def _answer(self, contract: Contract, read: ReadEvents) -> Reply:
        accepted = read.events.num_rows
        if not read.refused:
            return ONE_ACCEPTED if accepted == 1 else json_reply(202, EventsResult(accepted, 0))
        self._refused(contract.stream.name, read.refused)
        result = EventsResult(accepted, read.refused, answers.first_errors(read.refusals))
        if not accepted:
            raise answers.invalid_events(contract.stream.name, result)
        return json_reply(207, result)

    def _take(
        self, contract: Contract, scope: Scope, body: bytes, now_us: int, key: bytes | None
    ) -> Taken:
        body = unpacked_body(scope, body, self._max_bytes, LIMIT)
        content = b"" if key is None else digest(body)
        kind = media_type(scope)
        if kind == JSON and body.lstrip()[:1] != b"[":
            events = contract.batch([self.row(contract, body, now_us)])
            read = ReadEvents(events)
        else:
            read = self._read(contract, kind, body, now_us)
        return Taken(read, self._parcels(contract, read, now_us, key), content)

    def _read(self, contract: Contract, kind: str | None, body: bytes, now_us: int) -> ReadEvents:
        reader = READERS.get(kind or "")
        if reader is None:
            raise problems.wrong_type(kind, list(READERS))
        try:
            return reader(contract, body, now_us, self._max_events)
        except BodyError as error:
            raise answers.unreadable_body(error) from error
        except TooManyEventsError as error:
            raise answers.too_many_events(self._max_events) from error

    def _parcels(
        self, contract: Contract, read: ReadEvents, now_us: int, key: bytes | None
    ) -> list[EventParcel]:
        if key is None and read.events.num_rows < MAX_MESSAGE_ITEMS:
            return [batched(read.events, now_us)] if read.events.num_rows else []
        return messages(contract, read, now_us, key)
