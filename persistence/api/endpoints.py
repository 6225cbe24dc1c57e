"""What the service does with a request: who asks, what, and the answer."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from persistence.api import export, problems, views
from persistence.api.counted import CountedReceipts
from persistence.api.cursor import Position, cursor_text
from persistence.api.openapi import document_json
from persistence.api.parameters import (
    ExportQuestion,
    ReceiptsQuestion,
    SalesQuestion,
    export_question,
    receipts_question,
    sales_question,
)
from persistence.api.queries import export_query, receipts_query
from persistence.api.sales import sales_query
from persistence.api.source import Source
from tillstream.archive import Document
from tillstream.codec import JSON
from tillstream.http.keys import ANYONE, Caller, Keys
from tillstream.http.pages import documentation, health, live
from tillstream.http.problems import too_fast
from tillstream.stores import StoreTable

#: Exports that are sent at once: each holds a batch, and works as fast as its client takes it.
MAX_EXPORTS = 2

Question = TypeVar("Question", ReceiptsQuestion, SalesQuestion, ExportQuestion)


class Endpoints:
    """`GET` of receipts, sales and exports."""

    def __init__(
        self, source: Source, table: StoreTable, keys: Keys | None, ledger: CountedReceipts
    ) -> None:
        """`keys`: None lets anybody ask."""
        self._source = source
        self._table = table
        self._keys = keys
        self._ledger = ledger
        self._exports = asyncio.Semaphore(MAX_EXPORTS)

    def routes(self) -> list[BaseRoute]:
        """Every path."""
        return [
            Route("/receipts", self.receipts),
            Route("/receipts/{key:path}", self.receipt),
            Route("/sales", self.sales),
            Route("/export", self.export),
            Route("/health/live", live),
            Route("/health/ready", self.ready),
            *documentation("the archive", document_json),
        ]

    async def ready(self, _: Request) -> Response:
        """200 when a question would be answered now, 503 otherwise."""
        if await self._source.is_there():
            return health("ready", 200)
        return health("the archive does not answer", 503)

    async def receipt(self, request: Request) -> Response:
        """One receipt and its life."""
        caller = self._caller(request)
        key = request.path_params["key"]
        found = await self._source.receipt(key)
        # Of another's store it is not even told that the receipt exists.
        if found is None or not caller.covers(found[0]["store"]):
            raise problems.no_receipt(key)
        counted = await asyncio.to_thread(self._ledger.has, key)
        return _json(views.receipt_and_life(*found, counted))

    async def receipts(self, request: Request) -> Response:
        """A page of receipts."""
        caller = self._caller(request)
        question = receipts_question(request.query_params.multi_items(), self._table)
        question = _scoped(question, caller)
        found = await self._source.page(
            receipts_query(question, self._table), views.FIELDS, question.limit + 1
        )
        page = found[: question.limit]
        cursor = None
        if len(found) > len(page):
            last = page[-1]
            cursor = cursor_text(Position(last["date"], last["_id"], last["businessDay"]), question)
        return _json(views.Page(items=[views.receipt_view(each) for each in page], next=cursor))

    async def sales(self, request: Request) -> Response:
        """Sums of business days."""
        caller = self._caller(request)
        question = _scoped(sales_question(request.query_params.multi_items()), caller)
        rows = await self._source.sales(sales_query(question, self._table))
        return _json(views.sales_view(question, rows))

    async def export(self, request: Request) -> Response:
        """Every receipt of a range, as a file."""
        caller = self._caller(request)
        question = export_question(request.query_params.multi_items(), self._table)
        question = _scoped(question, caller)
        query = export_query(question, self._table)
        name = f"receipts.{question.format}"
        if request.method == "HEAD":
            return Response(headers={"content-disposition": f'attachment; filename="{name}"'})
        if self._exports.locked():
            raise problems.busy("exports")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._exports)
            # Libraries are loaded at the first file of a kind: that takes a second.
            writer = await asyncio.to_thread(export.WRITERS[question.format])
            batches = await stack.enter_async_context(
                self._source.batches(query, writer.fields, writer.batch)
            )
            await stack.enter_async_context(aclosing(batches))
            # While nothing has been sent, a failure can still be told.
            first: list[Document] = await anext(batches, [])
            content = export.pieces(writer, first, batches)
            return export.Download(content, stack.pop_all(), writer.media_type, name)

    def _caller(self, request: Request) -> Caller:
        if self._keys is None:
            return ANYONE
        caller = self._keys.authenticate(request.headers.get("authorization"))
        if seconds := caller.wait_before(1):
            raise too_fast(seconds)
        return caller


def _scoped(question: Question, caller: Caller) -> Question:
    """The question within the stores of the caller's key; raises ProblemError beyond them."""
    for store in question.stores:
        if not caller.covers(store):
            raise problems.foreign_store(store)
    if question.stores or not caller.stores:
        return question
    return replace(question, stores=tuple(sorted(caller.stores)))


def _json(content: msgspec.Struct) -> Response:
    return Response(views.encode(content), media_type=JSON)
