"""The service as an ASGI application: ids, problem documents and the access log around it."""

import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from time import perf_counter

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from persistence.api import problems, source
from persistence.api.counted import CountedReceipts
from persistence.api.endpoints import Endpoints
from persistence.api.settings import ArchiveApiSettings
from persistence.api.source import Source
from tillstream import stores
from tillstream.clock import Clock
from tillstream.http.access_log import AccessLog
from tillstream.http.keys import Keys, key_file
from tillstream.http.problems import ProblemError
from tillstream.http.requests import RequestIds, http_error, problem_response

log = structlog.get_logger()


def build(settings: ArchiveApiSettings, clock: Clock) -> ASGIApp:
    """The service; it connects when it is first asked."""
    client = source.connect(settings.mongo_url)
    access_log = AccessLog("archive-api", settings.access_log, clock)
    keys = None
    if settings.api_keys == "on":
        keys = Keys(key_file(settings.data_dir), settings.rate_limit_per_key, clock)
    endpoints = Endpoints(
        Source(client, settings.mongo_database),
        stores.load(settings),
        keys,
        CountedReceipts(settings.data_dir),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await client.close()
            access_log.flush()

    pages = Starlette(
        routes=endpoints.routes(),
        exception_handlers={
            HTTPException: http_error,
            ProblemError: _problem,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )
    return Service(pages, access_log)


class Service:
    """Every request has an id, and a line in the access log; no failure goes without an answer."""

    def __init__(self, pages: ASGIApp, access_log: AccessLog) -> None:
        self._pages = pages
        self._access_log = access_log
        self._request_ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's lifespan."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        started = perf_counter()
        request_id = self._request_ids.of(scope)
        scope["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._pages(scope, receive, send_with_id)
        except Exception as error:
            # Starlette has answered, unless a file was on its way: then uvicorn closes the
            # connection before the file's end, and no client takes the part for the whole.
            log.error("request failed", request_id=request_id, exc_info=error)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        self._access_log.note(
            request_id, scope["method"], scope["path"], status, perf_counter() - started
        )


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return problem_response(request, error)


async def _unexpected(request: Request, _: Exception) -> Response:
    return problem_response(request, problems.unexpected())
