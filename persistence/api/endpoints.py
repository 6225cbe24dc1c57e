"""What the service does with a request: who asks, what, and the answer."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, FastAPI, Path, Query, Request, Response
from starlette.routing import Route

from persistence.api import export, problems, responses, views
from persistence.api.callers import Callers
from persistence.api.cursor import Position, cursor_text
from persistence.api.head import head
from persistence.api.parameters import (
    ExportQuestion,
    Question,
    ReceiptsQuestion,
    SalesQuestion,
    faults_across,
)
from persistence.api.queries import export_query, receipts_query
from persistence.api.tiers import Tiers
from tillstream.archive import Document
from tillstream.codec import JSON
from tillstream.http.keys import Caller
from tillstream.http.watch_routes import NotReady, WatchRoutes
from tillstream.ledger import LedgerReader
from tillstream.runtime.watching.watched import Watched
from tillstream.stores import StoreTable

#: Exports that are sent at once: each holds a batch, and works as fast as its client takes it.
MAX_EXPORTS = 2

Asked = TypeVar("Asked", bound=Question)
Key = Annotated[str, Path(examples=["2026-11-21 08:00:01/17/2/4711"])]


class Endpoints:
    """`GET` of receipts, sales and exports."""

    def __init__(
        self,
        tiers: Tiers,
        table: StoreTable,
        callers: Callers,
        ledger: LedgerReader,
        watched: Watched,
        currency: str,
    ) -> None:
        """`currency`: the chain's main one."""
        self._currency = currency
        self._watched = watched
        self._tiers = tiers
        self._table = table
        self._callers = callers
        self._ledger = ledger
        self._exports = asyncio.Semaphore(MAX_EXPORTS)

    def add_to(self, app: FastAPI) -> None:
        """Every path; a question is read after its caller is known."""
        asked = (self._callers.remember, self._remember_faults)

        def get(
            path: str,
            endpoint: Callable[..., Any],
            answers: responses.Responses,
            summary: str,
            *before: Callable[..., Any],
        ) -> None:
            app.add_api_route(
                path,
                endpoint,
                responses=answers,
                summary=summary,
                operation_id=endpoint.__name__,
                dependencies=[Depends(each) for each in before],
            )

        get(
            "/receipts",
            self.receipts,
            responses.RECEIPTS,
            "Receipts, in order of their sale",
            *asked,
        )
        get(
            "/receipts/{key:path}",
            self.receipt,
            responses.RECEIPT,
            "One receipt and its life; the key holds slashes, and is percent-encoded once",
            self._callers.remember,
        )
        get(
            "/sales",
            self.sales,
            responses.SALES,
            "Exact sums of business days, as the ledger has them",
            *asked,
        )
        get(
            "/export",
            self.export,
            responses.EXPORT,
            "Every receipt of a range as a file, oldest first, streamed",
            *asked,
        )
        watching = WatchRoutes(self._watched, self.obstacle)
        get("/health/live", watching.live, responses.LIVE, "Does the process answer?")
        get("/health/ready", watching.ready, responses.READY, "Would a question be answered now?")
        app.router.routes.extend(
            route
            for route in watching.routes()
            if isinstance(route, Route) and not route.path.startswith("/health/")
        )

    async def obstacle(self) -> NotReady | None:
        """Why no question would be answered now; None when it would."""
        if await self._tiers.is_there():
            return None
        return NotReady("MongoDB does not answer", "the archive does not answer")

    async def receipt(self, request: Request, key: Key) -> Response:
        """One receipt and its life."""
        caller: Caller = request.state.caller
        found = await self._tiers.receipt(key)
        # Of another's store it is not even told that the receipt exists.
        if found is None or not caller.covers(found[0]["store"]):
            raise problems.no_receipt(key)
        counted = await asyncio.to_thread(self._ledger.has, found[0]["_id"])
        return _json(views.receipt_and_life(*found, counted))

    async def receipts(
        self, request: Request, asked: Annotated[ReceiptsQuestion, Query()]
    ) -> Response:
        """A page of receipts."""
        question = self._whole(asked, request)
        if question.min_total is not None:
            question = question.of_currency(self._currency)
        found = await self._tiers.page(
            receipts_query(question, self._table), views.FIELDS, question.limit + 1
        )
        page = found[: question.limit]
        cursor = None
        if len(found) > len(page):
            last = page[-1]
            cursor = cursor_text(Position(last["date"], last["_id"], last["businessDay"]), question)
        return _json(views.Page(items=[views.receipt_view(each) for each in page], next=cursor))

    async def sales(self, request: Request, asked: Annotated[SalesQuestion, Query()]) -> Response:
        """Sums of business days."""
        question = self._whole(asked, request).of_currency(self._currency)
        rows = await self._tiers.sales(question)
        others = await self._tiers.other_currencies(question)
        currency = question.currency or self._currency
        return _json(views.sales_view(question, currency, others, rows))

    async def export(self, request: Request, asked: Annotated[ExportQuestion, Query()]) -> Response:
        """Every receipt of a range, as a file."""
        question = self._whole(asked, request)
        query = export_query(question, self._table)
        name = f"receipts.{question.format}"
        if request.method == "HEAD":
            named = {"content-disposition": f'attachment; filename="{name}"'}
            return head(export.WRITERS[question.format].media_type, named)
        if self._exports.locked():
            raise problems.busy("exports")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._exports)
            # Libraries are loaded at the first file of a kind: that takes a second.
            writer = await asyncio.to_thread(export.WRITERS[question.format])
            batches = await stack.enter_async_context(
                self._tiers.batches(query, writer.fields, writer.batch)
            )
            await stack.enter_async_context(aclosing(batches))
            # While nothing has been sent, a failure can still be told.
            first: list[Document] = await anext(batches, [])
            content = export.pieces(writer, first, batches)
            return export.Download(content, stack.pop_all(), writer.media_type, name)

    async def _remember_faults(self, request: Request) -> None:
        """As `request.state.faults`, so that an answer names them beside those of the values."""
        request.state.faults = faults_across(request.query_params, self._table)

    def _whole(self, asked: Asked, request: Request) -> Asked:
        """The question in the calendar and within the stores of its caller; or ProblemError."""
        if request.state.faults:
            raise problems.invalid_parameters(request.state.faults)
        return asked.placed(self._table).scoped(request.state.caller)


def _json(content: msgspec.Struct) -> Response:
    return Response(views.encode(content), media_type=JSON)
