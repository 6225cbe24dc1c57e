"""Who may look, and what a page may load: a layer around the application."""

import math
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.reader import READER
from dashboard.access.sign_in import (
    NotLetInError,
    NotSignedInError,
    SignIn,
    TooManyAttemptsError,
)
from tillstream.runtime.watching.pages import LIVE, METRICS, READY, VERSION

#: Answered without a sign-in: a load balancer and Prometheus have none. No sales are in them.
OPEN_PATHS = frozenset({"/health", LIVE, READY, METRICS, VERSION})


class Guard:
    """Strict headers on every answer, and nobody passes whom the sign-in does not know."""

    def __init__(self, app: ASGIApp, script_hashes: Iterable[str], sign_in: SignIn) -> None:
        self._app = app
        self._headers = _headers(script_hashes)
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # No page opens one; with none accepted, none has to be guarded.
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send_with_headers)
            return
        try:
            reader = await self._sign_in.who(scope["headers"])
        except (NotSignedInError, NotLetInError, TooManyAttemptsError) as error:
            await _refusal(error)(scope, receive, send_with_headers)
            return
        token = READER.set(reader)
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            READER.reset(token)


def _refusal(error: Exception) -> Response:
    if isinstance(error, TooManyAttemptsError):
        wait = {"Retry-After": str(math.ceil(error.seconds))}
        return Response("Too many attempts to sign in. Wait a moment.", 429, wait)
    if isinstance(error, NotLetInError):
        return Response("You are signed in, and not a user of this dashboard.", 403)
    ask = {"WWW-Authenticate": 'Basic realm="Tillstream", charset="UTF-8"'}
    return Response("Sign in.", 401, ask)


def _headers(script_hashes: Iterable[str]) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        # Dash starts its renderer by one inline script, known by its hash.
        "script-src": " ".join(["'self'", *script_hashes]),
        # Mantine and Plotly write their styles into the page.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
