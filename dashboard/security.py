"""Who may look, and what a page may load: a layer around the application."""

import base64
import hmac
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tillstream.runtime.watching.pages import LIVE, METRICS, READY, VERSION

#: Answered without a sign-in: a load balancer and Prometheus have none. No sales are in them.
OPEN_PATHS = frozenset({"/health", LIVE, READY, METRICS, VERSION})
#: Nobody's user and password are longer; what is, is refused unread.
MAX_AUTHORIZATION_BYTES = 4096


class Guard:
    """Strict headers on every answer and, when a user is set, HTTP basic authentication."""

    def __init__(
        self, app: ASGIApp, script_hashes: Iterable[str], user: str = "", password: str = ""
    ) -> None:
        self._app = app
        self._headers = _headers(script_hashes)
        # As bytes, those of the environment that are no UTF-8 too.
        own = f"{user}:{password}".encode("utf-8", "surrogateescape")
        self._credentials = own if user else None

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
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        given = next((value for name, value in headers if name == b"authorization"), b"")
        # In constant time: how long it takes does not tell how much of it was right.
        return hmac.compare_digest(_credentials(given), self._credentials)


def _credentials(header: bytes) -> bytes:
    """User and password of a header; nothing where it holds none. Bytes: it may be no text."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic" or len(header) > MAX_AUTHORIZATION_BYTES:
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
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
