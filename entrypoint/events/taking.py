"""What the door does with the body of events: read, check, publish, answer."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import structlog
from starlette.types import Scope

from entrypoint import problems
from entrypoint.bodies import media_type, unpacked_body
from entrypoint.body_work import BodyWork
from entrypoint.events import answers, cloudevents, quarantine
from entrypoint.events.answers import EventsResult
from entrypoint.events.body import READERS, Most
from entrypoint.events.broken_rules import BrokenRuleError
from entrypoint.events.contract import Contract, Row
from entrypoint.events.json_body import READ_ERRORS, one_row
from entrypoint.events.parcels import EventParcel, with_column
from entrypoint.events.publishing import EventPublishers
from entrypoint.events.reading import BodyError, ReadEvents, TooManyEventsError, slowly
from entrypoint.events.splitting import parcels
from entrypoint.idempotency import IdempotencyKeys, body_identity, digest, idempotency_key
from entrypoint.settings import EntrypointSettings
from entrypoint.track_token import TRACK
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.errors import NotConfirmedError
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.keys import Caller
from tillstream.http.problems import too_fast
from tillstream.streams import columns
from tillstream.streams.builtin import QUARANTINE

log = structlog.get_logger()

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
    #: What the body is known by to whoever counts; None without an Idempotency-Key.
    identity: bytes | None


class Taking:
    """Takes bodies of events for the streams that are declared."""

    def __init__(
        self,
        settings: EntrypointSettings,
        quarantine_contract: Contract,
        publishers: EventPublishers,
        work: BodyWork,
        refused: Callable[[str, int], None],
        clock: Clock,
    ) -> None:
        """`refused` is told of how many events of a stream were refused."""
        self._refused = refused
        self._quarantine = quarantine_contract
        self._publishers = publishers
        self._work = work
        self._clock = clock
        self._most = Most(settings.max_batch_events, settings.max_batch_bytes)
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
        if not body.strip():
            raise answers.no_event()
        read = one_row(body, contract, now_us)
        if read.row is not None:
            return read.row
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
                kept = 0
                if read.refused and not _is_alone(contract, scope):
                    kept = await self._keep(contract, scope, read, now_us, taken.identity)
                return self._answer(contract, read, kept)

    async def _keep(
        self, contract: Contract, scope: Scope, read: ReadEvents, now_us: int, body: bytes | None
    ) -> int:
        """How many of the refused rows are durable in the quarantine."""
        kind = media_type(scope) or ""
        refusals = read.refusals
        name = contract.stream.name
        parcel = quarantine.parcel(
            self._quarantine, name, kind, refusals, read.header, now_us, body
        )
        try:
            await self._publishers.publish(QUARANTINE, [parcel])
        except NotConfirmedError as error:
            # What was accepted is durable all the same; the sender is told that these are not kept.
            log.warning("refused rows are not kept", stream=name, reason=error.reason)
            return 0
        return len(refusals)

    def _answer(self, contract: Contract, read: ReadEvents, kept: int) -> Reply:
        accepted = read.events.num_rows
        if not read.refused:
            return ONE_ACCEPTED if accepted == 1 else json_reply(202, EventsResult(accepted, 0))
        self._refused(contract.stream.name, read.refused)
        result = EventsResult(accepted, read.refused, answers.first_errors(read.refusals), kept)
        if not accepted:
            raise answers.invalid_events(contract.stream.name, result)
        return json_reply(207, result)

    def _take(
        self, contract: Contract, scope: Scope, body: bytes, now_us: int, key: bytes | None
    ) -> Taken:
        body = unpacked_body(scope, body, self._most.bytes, LIMIT)
        content = b"" if key is None else digest(body)
        identity = None if key is None else body_identity(scope, key, content)
        kind = media_type(scope)
        if cloudevents.is_one(scope):
            if not contract.stream.cloudevents:
                raise answers.no_cloudevents(contract.stream.name)
            read = self._cloudevents(contract, scope, body, now_us)
        elif is_one_object(scope, body):
            events = contract.batch([self.row(contract, body, now_us)])
            read = ReadEvents(events)
        else:
            read = self._read(contract, kind, body, now_us)
        return Taken(read, parcels(contract, read, now_us, identity), content, identity)

    def _cloudevents(
        self, contract: Contract, scope: Scope, body: bytes, now_us: int
    ) -> ReadEvents:
        try:
            rows = cloudevents.rows(scope, body, contract, now_us)
            read = slowly(contract, rows, self._most.events)
        except BodyError as error:
            raise answers.unreadable_body(error) from error
        except TooManyEventsError as error:
            raise answers.too_many_events(self._most.events) from error
        identities = [row.cloudevent for row in rows if row.row is not None]
        events = with_column(read.events, columns.CLOUDEVENT, pa.array(identities, pa.string()))
        return read._replace(events=events)

    def _read(self, contract: Contract, kind: str | None, body: bytes, now_us: int) -> ReadEvents:
        reader = READERS.get(kind or "")
        if reader is None:
            raise problems.wrong_type(kind, list(READERS))
        try:
            return reader(contract, body, now_us, self._most)
        except BodyError as error:
            raise answers.unreadable_body(error) from error
        except TooManyEventsError as error:
            raise answers.too_many_events(self._most.events) from error


def is_one_object(scope: Scope, body: bytes) -> bool:
    """Whether the body is one event as a JSON object, by its type and its first character."""
    if scope["path"] == TRACK:
        return True
    return media_type(scope) == JSON and body.lstrip()[:1] != b"["


def _is_alone(contract: Contract, scope: Scope) -> bool:
    """Whether a request is one CloudEvent: its sender has the answer, as that of one object has."""
    is_one = contract.stream.cloudevents and cloudevents.is_one(scope)
    return is_one and media_type(scope) != cloudevents.BATCH
