"""Who may look, and what a page may load: a layer around the application."""

import base64
import binascii
import hmac
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Answered without a sign-in: a load balancer has none.
OPEN_PATHS = frozenset({"/health/live", "/health/ready"})


class Guard:
    """Strict headers on every answer and, when a user is set, HTTP basic authentication."""

    def __init__(
        self, app: ASGIApp, script_hashes: Iterable[str], user: str = "", password: str = ""
    ) -> None:
        self._app = app
        self._headers = _headers(script_hashes)
        self._credentials = f"{user}:{password}".encode() if user else None

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

        if self._may_pass(scope):
            await self._app(scope, receive, send_with_headers)
            return
        refusal = Response(
            "Sign in.", 401, {"WWW-Authenticate": 'Basic realm="Tillstream", charset="UTF-8"'}
        )
        await refusal(scope, receive, send_with_headers)

    def _may_pass(self, scope: Scope) -> bool:
        if self._credentials is None or scope["path"] in OPEN_PATHS:
            return True
        given = _credentials(Headers(scope=scope).get("authorization", ""))
        # In constant time: how long it takes does not tell how much of it was right.
        return hmac.compare_digest(given, self._credentials)


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""


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
