"""The door as an ASGI application: the hot paths first, pages and health checks by Starlette."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from http import HTTPStatus
from time import perf_counter

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoint import problems
from entrypoint.broker_link import BrokerLink
from entrypoint.direct_protocol import Answer as DirectAnswer
from entrypoint.disk_watch import DiskWatch
from entrypoint.endpoints import Endpoints
from entrypoint.keys_command import ADD_KEY
from entrypoint.metrics import Metrics
from entrypoint.pages import Pages
from entrypoint.publisher import Publisher
from entrypoint.receipt_check import Intake
from entrypoint.recent import Recent
from entrypoint.settings import EntrypointSettings
from tillstream import stores
from tillstream.accepted_count import AcceptedCount, AcceptedSale, folder_of
from tillstream.clock import Clock
from tillstream.http.access_log import AccessLog
from tillstream.http.asgi import Handler, Reply, problem_reply, send_reply
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import Caller, Keys, key_file
from tillstream.http.problems import ProblemError, wrong_method
from tillstream.http.requests import RequestIds, http_error
from tillstream.runtime.disk import FreeSpace

log = structlog.get_logger()

#: Longest wait for receipts in flight when the door closes, seconds.
DRAIN_SECONDS = 10


def build(settings: EntrypointSettings, clock: Clock) -> ASGIApp:
    """The door, not yet connected: it connects in its lifespan."""
    metrics = Metrics()
    recent = Recent(settings.remembered_receipts)
    disk = DiskWatch(FreeSpace(settings.data_dir, settings.min_free_disk_bytes))
    link = BrokerLink(settings.amqp_url, settings.confirm_timeout_seconds, disk)
    accepted_count = AcceptedCount(folder_of(settings.data_dir), f"{int(clock())}-{os.getpid()}")

    def count(accepted: Sequence[AcceptedSale]) -> None:
        accepted_count.add(accepted)
        metrics.accepted(len(accepted))

    publisher = Publisher(
        link.send,
        count,
        settings.max_receipts_in_flight,
        settings.confirm_timeout_seconds,
        settings.max_bytes_in_flight,
    )
    access_log = AccessLog("entrypoint", settings.access_log, clock)
    buffered = ByteBudget(settings.max_buffered_bytes)
    endpoints = Endpoints(
        settings,
        publisher,
        Intake(settings, stores.load(settings), recent, metrics),
        recent,
        Keys(key_file(settings.data_dir), settings.rate_limit_per_key, clock, ADD_KEY),
        clock,
        buffered,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(link.keep_connected())]
        tasks.append(asyncio.create_task(disk.keep_looking()))
        try:
            yield
        finally:
            await publisher.close(DRAIN_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            access_log.flush()
            accepted_count.close()

    pages = Starlette(
        routes=Pages(link, publisher, metrics).routes(),
        exception_handlers={HTTPException: http_error},
        lifespan=lifespan,
    )
    hot: dict[str, Handler] = {
        "/receipt": endpoints.post_receipt,
        "/receipts": endpoints.post_receipts,
    }
    direct = {b"/receipt": settings.max_receipt_bytes, b"/receipts": settings.max_batch_bytes}
    return Door(hot, endpoints, direct, buffered, pages, metrics, access_log)


class Door:
    """Answers the hot paths itself; every request has an id, and a line in the access log."""

    def __init__(
        self,
        hot: dict[str, Handler],
        endpoints: Endpoints,
        direct: Mapping[bytes, int],
        buffered: ByteBudget,
        pages: ASGIApp,
        metrics: Metrics,
        access_log: AccessLog,
    ) -> None:
        self._hot = hot
        self._endpoints = endpoints
        #: The targets of requests that may come whole, and their largest bodies.
        self._direct = direct
        #: What the bodies of all clients may hold.
        self.buffered = buffered
        self._batches: set[asyncio.Task[None]] = set()
        self._pages = pages
        self._metrics = metrics
        self._access_log = access_log
        self._request_ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's lifespan."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        started = perf_counter()
        request_id = self._request_ids.of(scope)
        handler = self._hot.get(scope["path"])
        if handler is None:
            status = await self._page(scope, receive, send, request_id)
        else:
            reply = await self._reply(self._handled(handler, scope, receive), request_id)
            status = reply.status
            await send_reply(send, reply, request_id)
        self._note(scope, request_id, status, started)

    def direct_bytes(self, method: bytes, target: bytes) -> int:
        """Receipts and batches may come whole, up to their settings."""
        return self._direct.get(target, 0) if method == b"POST" else 0

    def admit(self, scope: Scope) -> Caller:
        """Who sends a request, by its headers alone; raises the ProblemError to answer."""
        return self._endpoints.admit(scope)

    def refused(self, status: int) -> None:
        """A request was refused before it came here."""
        self._metrics.refused(status)

    def take_directly(
        self, scope: Scope, body: bytes, caller: Caller, answer: DirectAnswer
    ) -> None:
        """A receipt, without a task of its own, or a batch; answered when the outcome is known."""
        started = perf_counter()
        request_id = self._request_ids.of(scope)
        if scope["path"] == "/receipts":
            batch = asyncio.create_task(
                self._batch(scope, body, caller, answer, request_id, started)
            )
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)
            return

        def finish(outcome: Reply | ProblemError) -> None:
            reply = outcome if isinstance(outcome, Reply) else problem_reply(outcome, request_id)
            answer(reply, request_id)
            self._note(scope, request_id, reply.status, started)

        try:
            self._endpoints.submit_receipt(scope, body, finish, caller)
        except ProblemError as problem:
            finish(problem)
        except Exception as error:
            log.error("unexpected error", request_id=request_id, exc_info=error)
            finish(problems.unexpected())

    async def _batch(
        self,
        scope: Scope,
        body: bytes,
        caller: Caller,
        answer: DirectAnswer,
        request_id: str,
        started: float,
    ) -> None:
        taken = self._endpoints.take_batch(scope, body, caller)
        del body  # held by who works on it, for as long as that needs
        reply = await self._reply(taken, request_id)
        answer(reply, request_id)
        self._note(scope, request_id, reply.status, started)

    def _note(self, scope: Scope, request_id: str, status: int, started: float) -> None:
        if status >= HTTPStatus.BAD_REQUEST:
            self._metrics.refused(status)
        self._access_log.note(
            request_id, scope["method"], scope["path"], status, perf_counter() - started
        )

    async def _handled(self, handler: Handler, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            raise wrong_method(scope["method"], ["POST"])
        return await handler(scope, receive)

    async def _reply(self, handled: Awaitable[Reply], request_id: str) -> Reply:
        try:
            return await handled
        except ProblemError as problem:
            return problem_reply(problem, request_id)
        except Exception as error:
            log.error("unexpected error", request_id=request_id, exc_info=error)
            return problem_reply(problems.unexpected(), request_id)

    async def _page(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> int:
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        scope["request_id"] = request_id
        await self._pages(scope, receive, send_with_id)
        return status
