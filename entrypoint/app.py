"""The Starlette application: routes, problem documents for every refusal, its lifespan."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import structlog
import swagger_ui
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from entrypoint import problems
from entrypoint.broker_link import BrokerLink
from entrypoint.endpoints import Endpoints
from entrypoint.openapi import DOCS_PAGE, document_json
from entrypoint.problems import Problem
from entrypoint.publisher import Publisher
from entrypoint.settings import EntrypointSettings
from tillstream.clock import Clock

log = structlog.get_logger()

#: Longest wait for receipts in flight when the door closes, seconds.
DRAIN_SECONDS = 10

#: Swagger UI, as its package brings it: nothing is fetched from elsewhere.
_SWAGGER_FILES = Path(swagger_ui.__file__).parent / "static"


def build(settings: EntrypointSettings, clock: Clock) -> Starlette:
    """The door, not yet connected: it connects in its lifespan."""
    link = BrokerLink(settings.amqp_url, settings.confirm_timeout_seconds)
    publisher = Publisher(link.send, settings.max_receipts_in_flight)
    endpoints = Endpoints(settings, publisher, link, clock)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        connecting = asyncio.create_task(link.keep_connected())
        try:
            yield
        finally:
            await publisher.close(DRAIN_SECONDS)
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await connecting

    async def openapi(_: Request) -> Response:
        return Response(document_json(), media_type="application/json")

    async def docs(_: Request) -> Response:
        return HTMLResponse(DOCS_PAGE)

    return Starlette(
        routes=[
            Route("/receipt", endpoints.post_receipt, methods=["POST"]),
            Route("/health/live", endpoints.live),
            Route("/health/ready", endpoints.ready),
            Route("/openapi.json", openapi),
            Route("/docs", docs),
            Mount("/docs/files", StaticFiles(directory=_SWAGGER_FILES)),
        ],
        exception_handlers={
            Problem: _problem,
            HTTPException: _http_error,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette's signature is wider than ours
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = sorted((error.headers or {}).get("Allow", "").split(", "))
        return problems.wrong_method(request.method, allowed).response()
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problems.not_found(request.url.path).response()
    return Problem(HTTPStatus(error.status_code), "http-error", error.detail).response()


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error", path=request.url.path, exc_info=error)
    return problems.unexpected().response()
