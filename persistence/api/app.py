"""The service as an ASGI application: ids, problem documents and the access log around it."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from persistence.api import responses, source
from persistence.api.analytic_archive import AnalyticArchive
from persistence.api.attribution import views as attribution_views
from persistence.api.attribution.endpoints import AttributionEndpoints
from persistence.api.callers import Callers
from persistence.api.endpoints import Endpoints
from persistence.api.parameters import faults_of
from persistence.api.problems import invalid_parameters
from persistence.api.settings import ArchiveApiSettings
from persistence.api.source import Source
from persistence.api.tiers import Tiers
from persistence.api.windows import views
from persistence.api.windows.endpoints import WindowEndpoints
from persistence.api.windows.source import WindowSource
from tillstream import stores
from tillstream.clock import Clock
from tillstream.http import problems
from tillstream.http.access_log import AccessLog
from tillstream.http.counted_requests import CountedRequests
from tillstream.http.keys import Keys, key_file
from tillstream.http.middleware import exception_handlers
from tillstream.http.pages import documentation
from tillstream.http.problems import ProblemError
from tillstream.http.requests import problem_response
from tillstream.ledger import LedgerReader
from tillstream.runtime.watching.watched import Watched
from tillstream.streams import definitions_file
from tillstream.streams.definition import Definitions
from tillstream.version import VERSION

log = structlog.get_logger()


def build(
    settings: ArchiveApiSettings, clock: Clock, closing: Callable[[], bool] = lambda: False
) -> ASGIApp:
    """The service; it connects when it is first asked.

    `closing` tells that it ends, and with it what is sent without an end. Raises DefinitionError.
    """
    client = source.connect(settings.mongo_url)
    watched = Watched("archive-api")
    access_log = AccessLog(
        "archive-api", settings.access_log, clock, log_format=settings.log_format
    )
    keys = None
    if settings.api_keys == "on":
        keys = Keys(
            key_file(settings.data_dir),
            settings.rate_limit_per_key,
            clock,
            "python -m entrypoint keys add",
        )
    table = stores.load(settings)
    analytic = AnalyticArchive(
        settings.archive_url(), settings.receipts_retention_days, table, clock
    )
    callers = Callers(keys)
    endpoints = Endpoints(
        Tiers(Source(client, settings.mongo_database), analytic, table),
        table,
        callers,
        LedgerReader(settings.data_dir),
        watched,
        settings.currency,
    )
    definitions = definitions_file.load_settings(settings)
    collections = WindowSource(client, settings.mongo_database)
    windows = WindowEndpoints(definitions, collections, callers, closing, clock)
    attributions = AttributionEndpoints(definitions, collections, callers)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await client.close()
            access_log.close()

    pages = FastAPI(
        title="Tillstream archive",
        version=VERSION,
        description="Every receipt that was accepted, found and summed. Read only. Amounts"
        " come as text and as integers in minor units of their currency, quantities in"
        " thousandths.",
        # Its own pages fetch Swagger UI from elsewhere.
        openapi_url=None,
        default_response_class=Response,
        exception_handlers=exception_handlers(_problem, ProblemError, Exception)
        | {RequestValidationError: _refuse_parameters},
        lifespan=lifespan,
    )
    endpoints.add_to(pages)
    windows.add_to(pages)
    attributions.add_to(pages)
    document = msgspec.json.encode(openapi(pages, definitions))
    for route in pages.routes:
        if isinstance(route, APIRoute):
            # After the document is made, which would name each path twice.
            route.methods = {"GET", "HEAD"}
    pages.routes.extend(documentation("the archive", lambda: document))
    return CountedRequests(pages, access_log, watched.registry)


def openapi(pages: FastAPI, definitions: Definitions) -> dict[str, Any]:
    """FastAPI's document, with each window and the schemas of our answers, which are of msgspec."""
    document = pages.openapi()
    document["paths"] |= views.paths(definitions) | attribution_views.paths(definitions)
    components = {
        "schemas": responses.SCHEMAS,
        "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}},
    }
    return document | {"security": [{}, {"apiKey": []}], "components": components}


async def _refuse_parameters(request: Request, error: RequestValidationError) -> Response:
    faults = [*faults_of(error.errors()), *request.state.faults]
    return problem_response(request, invalid_parameters(faults))


def _problem(error: Exception) -> ProblemError:
    return error if isinstance(error, ProblemError) else problems.unexpected()
