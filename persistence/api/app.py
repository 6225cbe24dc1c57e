"""The service as an ASGI application: ids, problem documents and the access log around it."""

import contextlib
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp

from persistence.api import source
from persistence.api.counted import CountedReceipts
from persistence.api.endpoints import Endpoints
from persistence.api.settings import ArchiveApiSettings
from persistence.api.source import Source
from tillstream import stores
from tillstream.clock import Clock
from tillstream.http import problems
from tillstream.http.access_log import AccessLog
from tillstream.http.keys import Keys, key_file
from tillstream.http.middleware import RequestMiddleware, exception_handlers
from tillstream.http.problems import ProblemError

log = structlog.get_logger()


def build(settings: ArchiveApiSettings, clock: Clock) -> ASGIApp:
    """The service; it connects when it is first asked."""
    client = source.connect(settings.mongo_url)
    access_log = AccessLog("archive-api", settings.access_log, clock)
    keys = None
    if settings.api_keys == "on":
        keys = Keys(
            key_file(settings.data_dir),
            settings.rate_limit_per_key,
            clock,
            "python -m entrypoint keys add",
        )
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
        exception_handlers=exception_handlers(_problem, ProblemError, Exception),
        lifespan=lifespan,
    )
    return RequestMiddleware(pages, access_log)


def _problem(error: Exception) -> ProblemError:
    return error if isinstance(error, ProblemError) else problems.unexpected()
