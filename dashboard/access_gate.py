"""Refuses what the reader's roles may not open: by the route that would answer, and by the page."""

from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.reader import READER
from dashboard.access.rules import DOCUMENTS, may_ask, may_open
from dashboard.pages.home import home
from dashboard.pages.router import place
from dashboard.security import OPEN_PATHS


class AccessGate:
    """A layer before the application; the reader is `READER`."""

    def __init__(self, app: ASGIApp, server: FastAPI) -> None:
        """`server` has the routes, also those that are added later."""
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        reader = READER.get()
        route = self._route(scope)
        if not may_ask(reader, route):
            answer = JSONResponse({"problem": "your roles may not ask this"}, 403)
            await answer(scope, receive, send)
            return
        if route not in DOCUMENTS:
            await self._app(scope, receive, send)
            return
        at = place(quote(scope["path"]), scope["query_string"].decode("latin-1"))
        if may_open(reader, at.page, at.about):
            await self._app(scope, receive, send)
        elif at.page == "live" and (target := home(reader)) != "/":
            # Relative: a proxy may serve the pages below a path of its own.
            await RedirectResponse(target.removeprefix("/"), 307)(scope, receive, send)
        else:
            # The document has no figures; the page that it draws says that it is refused.
            await self._app(scope, receive, _forbidden(send))

    def _route(self, scope: Scope) -> str:
        """The path of the route that would answer; of the documents' where there is none."""
        for wanted in (Match.FULL, Match.PARTIAL):
            for route in self._server.routes:
                if route.matches(scope)[0] == wanted:
                    return str(getattr(route, "path", ""))
        # Dash adds the route of all other paths when it starts.
        return "{path:path}"


def _forbidden(send: Send) -> Send:
    async def forbidden(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            message = {**message, "status": 403}
        await send(message)

    return forbidden
