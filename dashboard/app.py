"""The dashboard, put together: a feed hears the results, a model holds them, pages show them.

Every second the model becomes one frame (`state.frames.Frame`); `stream.Broadcaster` sends it to
each open page as a server-sent event, and `assets/` draws it into the page. Dash serves the
layout, the components and the controls; no figure travels by a callback.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Annotated

import msgspec
from dash.exceptions import DependencyException
from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response, StreamingResponse

from dashboard.access.reader import READER, NotYoursError
from dashboard.access.sign_in import SignIn
from dashboard.access_gate import AccessGate
from dashboard.archive.connection import ArchiveAwayError
from dashboard.archive.filters import Filters
from dashboard.archive_gate import ArchiveGate
from dashboard.callbacks import CallCheck
from dashboard.currency_views import NoCurrencyError
from dashboard.dash_app import CALLBACKS, add_dash
from dashboard.pages import layout
from dashboard.pages.addresses import MAX_NAME
from dashboard.pages.router import Pages
from dashboard.query_check import QueryCheck, parameters
from dashboard.security import Guard
from dashboard.store_redirect import StoreRedirect
from dashboard.stream import Broadcaster
from tillstream.clock import Clock
from tillstream.http.watch_routes import NotReady, WatchRoutes
from tillstream.runtime import essential
from tillstream.runtime.watching.watched import Watched

#: Where a page hears its frames.
STREAM_PATH = "/stream"
#: Where it asks for the figures of a store, a region or a category, and which there are.
PART_PATH = "/part"
CHOICES_PATH = "/choices"
#: A stream of somebody who signed in ends after so long, and the page asks again: who was removed
#: meanwhile is out then, seconds.
SIGNED_IN_SECONDS = 600
#: A frame loop that is silent for this long does not work any more, seconds.
LOOP_DEAD_SECONDS = 5

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Name = Annotated[str, Query(max_length=MAX_NAME)]
#: What figures are asked in, by ISO 4217; the chain's main one where it is empty.
Currency = Annotated[str, Query(max_length=3)]


def build(
    broadcaster: Broadcaster,
    pages: Pages,
    filters: Filters | Callable[[str], Filters],
    subscribed: Callable[[], bool],
    clock: Clock,
    sign_in: SignIn | None = None,
    also: Iterable[Callable[[FastAPI], None]] = (),
    away: Callable[[], bool] = lambda: False,
    watched: Watched | None = None,
) -> Guard:
    """The application, guarded: pages, their stream and questions, `/health` and `/metrics`.

    `filters` by currency, or those of the only one. Without `sign_in` everybody sees everything.
    `also` adds further routes; `away` tells whether the archive is known to be away; `watched` has
    the figures of `/metrics`.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        framing = essential.start_task("frames", broadcaster.run)
        try:
            yield
        finally:
            framing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await framing

    filters_of = filters if callable(filters) else lambda _: filters

    async def stream(currency: Currency = "") -> Response:
        # Raises NoCurrencyError; the first question in a currency starts what reads it.
        await run_in_threadpool(filters_of, currency)
        if broadcaster.full:
            return Response(status_code=503, headers={"Retry-After": "5"})
        reader, until = READER.get(), clock() + SIGNED_IN_SECONDS
        frames = broadcaster.frames(
            lambda: bool(reader.name) and clock() > until,
            figures=reader.stores is None,
            currency=currency,
        )
        return StreamingResponse(frames, media_type="text/event-stream", headers=_STREAM_HEADERS)

    # No coroutines: each may wait for the archive, in a thread of its own.
    def part(
        store: Name = "", region: Name = "", category: Name = "", currency: Currency = ""
    ) -> Response:
        if READER.get().within(store, region) is not None and not store:
            raise NotYoursError("a store is asked for by its number")
        return answer(lambda: filters_of(currency).filtered(store, region, category))

    def choices(region: Name = "", currency: Currency = "") -> Response:
        reader = READER.get()
        reader.within("", region)
        return answer(lambda: filters_of(currency).choices(region, reader))

    def hung() -> str | None:
        silent = clock() - broadcaster.framed_at
        return None if silent < LOOP_DEAD_SECONDS else f"no frame was made for {silent:.0f} s"

    async def obstacle() -> NotReady | None:
        # A broker that goes away later leaves us ready: the page then says what is stale.
        return None if subscribed() else NotReady("it has not heard the workers' results yet")

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.add_api_route(STREAM_PATH, stream, methods=["GET"])
    server.add_api_route(PART_PATH, part, methods=["GET"])
    server.add_api_route(CHOICES_PATH, choices, methods=["GET"])
    server.router.routes.extend(
        WatchRoutes(watched or Watched("dashboard"), obstacle, hung).routes()
    )
    for add in also:
        add(server)
    server.add_exception_handler(RequestValidationError, _wrong_parameter)
    server.add_exception_handler(NotYoursError, _not_yours)
    server.add_exception_handler(NoCurrencyError, _no_such_currency)
    server.add_exception_handler(DependencyException, _no_such_script)
    known = parameters(server.routes)
    dash = add_dash(server, pages)
    checked = QueryCheck(ArchiveGate(CallCheck(server, CALLBACKS), away), known)
    gate = AccessGate(checked, server)
    hashes = [*dash.csp_hashes(), layout.START_HASH]
    return Guard(StoreRedirect(gate), hashes, sign_in or SignIn(clock))


async def _wrong_parameter(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    said = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"problem": "; ".join(said)}, 400)


async def _not_yours(_: Request, error: Exception) -> Response:
    return JSONResponse({"problem": str(error)}, 403)


async def _no_such_currency(_: Request, error: Exception) -> Response:
    return JSONResponse({"problem": str(error)}, 404)


async def _no_such_script(_: Request, error: Exception) -> Response:
    return JSONResponse({"problem": str(error).strip()[:200]}, 404)


def answer(ask: Callable[[], msgspec.Struct]) -> Response:
    """What was asked for as JSON; 503 when the archive is away."""
    try:
        found = msgspec.json.encode(ask())
    except ArchiveAwayError:
        return Response(status_code=503, headers={"Retry-After": "2"})
    headers = {"Cache-Control": "no-store"}
    return Response(found, media_type="application/json", headers=headers)
