"""`POST /receivers/{name}`: whole by `submit`, or through ASGI by `post`."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Scope

from entrypoint.bodies import read_body
from entrypoint.body_work import BodyWork
from entrypoint.endpoints import Answer, answer_when_known
from entrypoint.metrics import Metrics
from entrypoint.receivers import answers
from entrypoint.receivers.answers import DeliveryAccepted
from entrypoint.receivers.publishing import DeliveryPublisher
from entrypoint.receivers.set_up import SetUp
from entrypoint.receivers.signatures import Claim, SignatureCheck, UnsignedError, is_token_of
from tillstream.clock import Clock
from tillstream.errors import NotConfirmedError
from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.keys import ANYONE, Caller
from tillstream.http.middleware import LOG_FIELDS
from tillstream.http.problems import ProblemError
from tillstream.http.requests import response
from tillstream.receivers.definition import Receiver
from tillstream.receivers.delivery import Delivery
from tillstream.receivers.variables import SECRET, URL, variable

log = structlog.get_logger()

RECEIVERS = "/receivers/"
LIMIT = "MAX_DELIVERY_BYTES"
#: From so many bytes on an HMAC is computed in a thread: others do not wait for it.
IN_THREAD_BYTES = 262_144
#: Longest text of a vendor's header that is kept with a delivery, characters.
MOST_CHARACTERS = 255
#: Longest body of a ping.
PING_BYTES = 100

#: Where a request's scope has what its headers claim.
_CLAIM = "tillstream.claim"


class Admitted(NamedTuple):
    """A request that was let in by its headers."""

    receiver: Receiver
    #: None: a token that is right, or what may be a ping.
    claim: Claim | None
    may_be_ping: bool


class ReceiverEndpoints:
    """The receivers that are declared, each with its path.

    1. By the headers: the receiver, its secret, the form of the signature, its age. What is refused
       here costs nothing: its body is not read.
    2. The body, up to a bound.
    3. The signature over its bytes, by every secret that is valid.
    4. It is published as it came; the broker's confirm makes the answer 200.
    """

    def __init__(
        self,
        known: SetUp,
        publisher: DeliveryPublisher,
        work: BodyWork,
        metrics: Metrics,
        clock: Clock,
        max_bytes: int,
    ) -> None:
        receivers, self._secrets, urls = known
        self._receivers = receivers
        self._checks = {name: SignatureCheck(one, urls[name]) for name, one in receivers.items()}
        self._without_url = {
            name
            for name, one in receivers.items()
            if "url" in one.signature.over and not urls[name]
        }
        self._publisher = publisher
        self._work = work
        self._metrics = metrics
        self._clock = clock
        self.max_bytes = max_bytes
        #: Receivers that were sent to and are not set up.
        self._told: set[str] = set()
        metrics.watch_receivers(lambda: dict.fromkeys(self._told, 1))
        self._tasks: set[asyncio.Task[None]] = set()
        self.paths = frozenset(f"{RECEIVERS}{name}" for name in receivers)

    def routes(self) -> list[BaseRoute]:
        """The path for ASGI."""
        path = RECEIVERS + "{name}"
        # With a slash at its end it is not found: no vendor follows a redirect of a POST.
        return [
            Route(path, self.post, methods=["POST"]),
            Route(f"{path}/", Router(redirect_slashes=False)),
        ]

    def admit(self, scope: Scope) -> Caller:
        """Let a request in by its headers; raises the ProblemError 401, 404, 415 or 503."""
        name = scope["path"].removeprefix(RECEIVERS)
        receiver = self._receivers.get(name)
        if receiver is None:
            raise answers.unknown_receiver(name, list(self._receivers))
        delivery = _text(scope, receiver.delivery.id_header)
        scope[LOG_FIELDS] = {"receiver": name, "delivery": delivery}
        try:
            self._require_set_up(name)
            scope[_CLAIM] = self._admitted(receiver, scope)
        except UnsignedError as error:
            self._metrics.delivery_refused(name, error.reason)
            raise answers.unsigned(name, error) from error
        coding = header(scope, b"content-encoding")
        if coding is not None and coding.strip().lower() not in ("", "identity"):
            self._metrics.delivery_refused(name, "packed")
            raise answers.packed(coding)
        return ANYONE

    async def post(self, request: Request) -> Response:
        """200; raises what to answer otherwise."""
        scope = request.scope
        self.admit(scope)
        try:
            body = await read_body(scope, request.receive, self.max_bytes, LIMIT)
        except ProblemError as problem:
            self._metrics.delivery_refused(scope[_CLAIM].receiver.name, problem.kind)
            raise
        accepting = self._proven(scope, body)
        del body  # held by who works on it, for as long as that needs
        return response(await accepting)

    def submit(self, scope: Scope, body: bytes, _: Caller, answer: Answer) -> None:
        """Do the same with a whole request; `answer` gets the outcome once it is known."""
        try:
            accepting = self._proven(scope, body)
        except ProblemError as problem:
            # Anybody may send these: they cost no task.
            answer(problem)
            return
        task = asyncio.create_task(answer_when_known(accepting, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _require_set_up(self, name: str) -> None:
        missing = []
        if not self._secrets.of(name):
            missing.append(f"a secret in {variable(name, SECRET)} or RECEIVER_SECRETS_FILE")
        if name in self._without_url:
            own = variable(name, URL)
            missing.append(f"the address that the vendor signs in RECEIVERS_URL or {own}")
        if not missing:
            self._told.discard(name)
            return
        self._metrics.delivery_refused(name, "not-set-up")
        if name not in self._told:
            self._told.add(name)
            log.error("a receiver is not set up", receiver=name, missing=missing)
        raise answers.not_set_up(missing)

    def _admitted(self, receiver: Receiver, scope: Scope) -> Admitted:
        check = self._checks[receiver.name]
        if check.is_token:
            if not is_token_of(self._secrets.of(receiver.name), check.token(scope)):
                raise UnsignedError("signature", "The token is none that is valid.")
            return Admitted(receiver, None, may_be_ping=False)
        if receiver.signature.ping is not None and not check.has_signature(scope):
            length = header(scope, b"content-length") or ""
            if length.isdigit() and int(length) <= PING_BYTES:
                return Admitted(receiver, None, may_be_ping=True)
        return Admitted(receiver, check.claim(scope, self._now_us()), may_be_ping=False)

    def _proven(self, scope: Scope, body: bytes) -> Coroutine[Any, Any, Reply]:
        """What brings a delivery to the broker; raises the ProblemError 401 where it is not its
        vendor's, of a large body when it is awaited.
        """
        admitted: Admitted = scope[_CLAIM]
        secrets = self._secrets.of(admitted.receiver.name)
        if len(body) >= IN_THREAD_BYTES:
            return self._accept_large(scope, body, secrets)
        self._require(admitted, self._is_vendors(admitted, body, secrets))
        return self._accept(scope, body)

    async def _accept_large(self, scope: Scope, body: bytes, secrets: Sequence[bytes]) -> Reply:
        admitted: Admitted = scope[_CLAIM]
        with self._work.held(len(body)):
            check = partial(self._is_vendors, admitted, body, secrets)
            self._require(admitted, await self._work.in_thread(check))
        return await self._accept(scope, body)

    def _is_vendors(self, admitted: Admitted, body: bytes, secrets: Sequence[bytes]) -> bool:
        check = self._checks[admitted.receiver.name]
        if admitted.may_be_ping:
            return check.is_ping(body)
        return admitted.claim is None or check.holds(admitted.claim, body, secrets)

    def _require(self, admitted: Admitted, is_vendors: bool) -> None:
        if is_vendors:
            return
        name = admitted.receiver.name
        if admitted.may_be_ping:
            header_name = admitted.receiver.signature.header
            error = UnsignedError("unsigned", f"The header {header_name} is missing.")
        else:
            error = UnsignedError(
                "signature",
                "The signature is not that of this body by any valid secret: another secret, or"
                " something between the vendor and here has changed the body.",
            )
        self._metrics.delivery_refused(name, error.reason)
        raise answers.unsigned(name, error)

    async def _accept(self, scope: Scope, body: bytes) -> Reply:
        admitted: Admitted = scope[_CLAIM]
        name = admitted.receiver.name
        if admitted.may_be_ping:
            return json_reply(200, DeliveryAccepted(name, ping=True))
        delivery = self._delivery(admitted.receiver, scope, body)
        try:
            with self._work.held(len(body)):
                await self._publisher.publish(delivery)
        except NotConfirmedError:
            self._metrics.delivery_refused(name, "not-confirmed")
            raise
        return json_reply(200, DeliveryAccepted(name, delivery.delivery))

    def _delivery(self, receiver: Receiver, scope: Scope, body: bytes) -> Delivery:
        headers = receiver.delivery
        return Delivery(
            receiver.name,
            _text(scope, headers.topic_header),
            _text(scope, headers.id_header),
            _text(scope, headers.source_header),
            self._now_us(),
            body,
        )

    def _now_us(self) -> int:
        return int(self._clock() * 1_000_000)


def _text(scope: Scope, name: str | None) -> str:
    found = None if name is None else header(scope, name.lower().encode())
    return "" if found is None else found[:MOST_CHARACTERS]
