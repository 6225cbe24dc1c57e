"""`GET` of the windows that are declared, of their rows and of what changes in them."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from fastapi import Depends, FastAPI, Request, Response

from persistence.api import problems
from persistence.api.callers import Callers
from persistence.api.export import SteadyResponse
from persistence.api.head import head
from persistence.api.problems import Fault
from persistence.api.windows import changes, last, views
from persistence.api.windows.formats import columns_of
from persistence.api.windows.page import page
from persistence.api.windows.queries import rows_query
from persistence.api.windows.question import MAX_LIMIT, asked_changes, asked_last, asked_rows
from persistence.api.windows.source import WindowSource
from tillstream.clock import Clock
from tillstream.codec import JSON
from tillstream.streams.definition import Definitions, Window
from tillstream.streams.window_rows import CHANGE

#: A number of a change has at most so many digits.
CHANGE_DIGITS = 18


class WindowEndpoints:
    """Every path that begins with `/windows`."""

    def __init__(
        self,
        definitions: Definitions,
        source: WindowSource,
        callers: Callers,
        closing: Callable[[], bool],
        clock: Clock,
    ) -> None:
        """`closing` tells that the service ends, and with it every stream."""
        self._definitions = definitions
        self._source = source
        self._callers = callers
        self._closing = closing
        self._clock = clock
        self._streams = asyncio.Semaphore(changes.MAX_STREAMS)

    def add_to(self, app: FastAPI) -> None:
        """The paths; the document describes those of each window (`openapi`)."""
        for path, endpoint in (
            ("/windows", self.windows),
            ("/windows/{name}", self.rows),
            ("/windows/{name}/changes", self.changes),
            ("/windows/{name}/last", self.last),
        ):
            app.add_api_route(
                path,
                endpoint,
                include_in_schema=False,
                dependencies=[Depends(self._callers.remember)],
            )

    async def windows(self, _: Request) -> Response:
        """What is declared."""
        return Response(views.encoded(self._definitions), media_type=JSON)

    async def rows(self, request: Request, name: str) -> Response:
        """A page of rows."""
        window = self._window(name)
        accept = request.headers.get("accept", "")
        question = asked_rows(window, request.query_params, accept, request.state.caller)
        query = rows_query(window, question)
        return await page(request, window, question, query, columns_of(window), self._source)

    async def last(self, request: Request, name: str) -> Response:
        """The newest minutes as sums."""
        window = self._window(name)
        question, minutes = asked_last(window, request.query_params, request.state.caller)
        sums = last.sums_of(window, minutes)
        if request.method == "HEAD":
            return head(JSON)
        body = await last.answer(window, sums, question, self._source, self._clock)
        return Response(body, media_type=JSON)

    async def changes(self, request: Request, name: str) -> Response:
        """Rows as they change, from the newest on, or from Last-Event-ID."""
        window = self._window(name)
        question = asked_changes(window, request.query_params, request.state.caller)
        after = _last_event(request)
        if request.method == "HEAD":
            return head(changes.MEDIA_TYPE, changes.HEADERS)
        if self._streams.locked():
            raise problems.busy("streams of changes")

        async def read(query: Any) -> Any:
            return await self._source.documents(window, query, MAX_LIMIT)

        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._streams)
            # While nothing has been sent, a failure can still be told.
            newest = await self._source.documents(window, views.NEWEST, 1)
            if after is None:
                after = newest[0][CHANGE] if newest else 0
            content = changes.events(read, question, after, self._closing)
            return SteadyResponse(content, stack.pop_all(), changes.MEDIA_TYPE, changes.HEADERS)

    def _window(self, name: str) -> Window:
        window = self._definitions.windows.get(name)
        if window is None:
            raise problems.no_window(name, self._definitions.windows)
        return window


def _last_event(request: Request) -> int | None:
    text = request.headers.get("last-event-id", "")
    if text == "":
        return None
    if text.isascii() and text.isdigit() and len(text) <= CHANGE_DIGITS:
        return int(text)
    fault = Fault("Last-Event-ID", "is no id of an event of ours; leave it out to begin anew")
    raise problems.invalid_parameters([fault])
