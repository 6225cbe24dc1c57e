"""`POST /events/{stream}`: whole by `submit`, or through ASGI by `post`."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from entrypoint.bodies import read_body, unpacked_body
from entrypoint.endpoints import Answer, answer_when_known
from entrypoint.events import answers, cloudevents, track
from entrypoint.events.contract import Contract
from entrypoint.events.parcels import gathered
from entrypoint.events.publishing import EventPublishers
from entrypoint.events.taking import INLINE_BYTES, LIMIT, ONE_ACCEPTED, Taking, is_one_object
from tillstream.errors import NotConfirmedError
from tillstream.http.asgi import Reply, header
from tillstream.http.keys import Caller
from tillstream.http.problems import too_fast
from tillstream.http.requests import response

EVENTS = "/events/"


class EventEndpoints:
    """The streams that are declared, each with its path.

    1. The caller is known by the headers, before the body is read.
    2. The body is unpacked and read into columns, every event is checked.
    3. What is accepted is published; the broker's confirm makes the answer 202 or 207.
    """

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        taking: Taking,
        publishers: EventPublishers,
        admit: Callable[[Scope], Caller],
        max_bytes: int,
    ) -> None:
        """`contracts`: of the streams that senders may post to."""
        self._contracts = contracts
        self._taking = taking
        self._publishers = publishers
        self._admit = admit
        self._max_bytes = max_bytes
        self._by_path = {f"{EVENTS}{name}": contract for name, contract in contracts.items()}
        if track.STREAM in contracts:
            self._by_path[track.TRACK] = contracts[track.STREAM]
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def paths(self) -> list[str]:
        """The targets that may come whole."""
        return list(self._by_path)

    def routes(self) -> list[BaseRoute]:
        """The paths for ASGI."""
        routes: list[BaseRoute] = [Route(EVENTS + "{stream}", self.post, methods=["POST"])]
        if track.TRACK in self._by_path:
            routes.append(Route(track.TRACK, self.post, methods=["POST"]))
        return routes

    async def post(self, request: Request) -> Response:
        """202, or 207 where some events were refused; raises what to answer otherwise."""
        scope = request.scope
        caller = self._admit(scope)
        if scope["path"] not in self._by_path:
            name = request.path_params["stream"]
            raise answers.unknown_stream(name, list(self._contracts))
        body = await read_body(scope, request.receive, self._max_bytes, LIMIT)
        accepting = self._accept(scope, body, caller)
        del body  # held by who works on it, for as long as that needs
        return response(await accepting)

    def submit(self, scope: Scope, body: bytes, caller: Caller, answer: Answer) -> None:
        """Do the same with a whole request; `answer` gets the outcome, now or once it is known.

        One plain JSON object without an Idempotency-Key takes no task of its own.
        """
        if _is_one_plain(scope, body):
            self._submit_one(scope, body, caller, answer)
        else:
            task = asyncio.create_task(answer_when_known(self._accept(scope, body, caller), answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _accept(self, scope: Scope, body: bytes, caller: Caller) -> Coroutine[Any, Any, Reply]:
        path = scope["path"]
        accepting = self._taking.accept(self._by_path[path], scope, body, caller)
        return _created(accepting) if path == track.TRACK else accepting

    def _submit_one(self, scope: Scope, body: bytes, caller: Caller, answer: Answer) -> None:
        """One event as a JSON object."""
        path = scope["path"]
        contract = self._by_path[path]
        accepted = track.CREATED if path == track.TRACK else ONE_ACCEPTED
        try:
            body = unpacked_body(scope, body, self._max_bytes, LIMIT)
            if seconds := caller.wait_before_events(1):
                raise too_fast(seconds)
            now_us = self._taking.now_us()
            row = self._taking.row(contract, body, now_us)
        except Exception as error:  # noqa: BLE001 - it is answered, and logged with the answer
            answer(error)
            return

        def resolve(error: NotConfirmedError | None) -> None:
            answer(accepted if error is None else error)

        self._publishers.submit(contract.stream.name, gathered((row,), now_us), resolve)


def _is_one_plain(scope: Scope, body: bytes) -> bool:
    return (
        len(body) <= INLINE_BYTES
        and is_one_object(scope, body)
        and header(scope, b"content-encoding") is None
        and header(scope, b"idempotency-key") is None
        and not cloudevents.is_one(scope)
    )


async def _created(accepting: Coroutine[Any, Any, Reply]) -> Reply:
    await accepting  # it is one event, and raises where that is refused
    return track.CREATED
