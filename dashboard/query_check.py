"""Lets only questions pass whose parameters a route has, each once: the others get a reason.

What is left out of a question answers another one: `?stor=7` would be the whole chain.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.access.rules import ROUTES
from dashboard.pages.addresses import KEY_PREFIX
from tillstream.http.query_text import NOT_TEXT, not_text

#: Characters of a wrong name that are repeated in the answer.
SHOWN_CHARACTERS = 64


def parameters(routes: Sequence[BaseRoute]) -> dict[str, frozenset[str]]:
    """The parameters of each route of ours that pages ask, by its path."""
    return {
        route.path: frozenset(each.alias for each in route.dependant.query_params)
        for route in routes
        if isinstance(route, APIRoute) and route.path in ROUTES
    }


def problem(query: bytes, known: frozenset[str]) -> str:
    """What is wrong with a query string; empty where nothing is. Pure.

    Keys of windows have names of their own, behind KEY_PREFIX.
    """
    if (wrong := not_text(query)) is not None:
        return f"{wrong[:SHOWN_CHARACTERS]!r} {NOT_TEXT}"
    counts = Counter(name for name, _ in parse_qsl(query.decode(), keep_blank_values=True))
    for name, count in counts.items():
        shown = repr(name[:SHOWN_CHARACTERS])
        key_of_window = "window" in known and name.startswith(KEY_PREFIX)
        if name not in known and not key_of_window:
            there = ", ".join(sorted(known)) or "none"
            return f"there is no parameter {shown}; there is {there}"
        if count > 1:
            return f"{shown} stands there twice; one is answered at a time"
    return ""


class QueryCheck:
    """A layer before the application."""

    def __init__(self, app: ASGIApp, known: Mapping[str, frozenset[str]]) -> None:
        """`known`: parameters by path; other paths pass."""
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (known := self._known.get(scope["path"])) is not None:
            why = problem(scope["query_string"], known)
            if why:
                await JSONResponse({"problem": why}, 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)
