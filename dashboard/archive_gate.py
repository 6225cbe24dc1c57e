"""Answers at once for an archive that is known to be away, instead of waiting for it."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

#: What is asked of the archive and has no other source.
ARCHIVE_PATHS = frozenset(
    {
        *("/part", "/day", "/days/state", "/days/choices", "/explore/rows"),
        *("/jobs/state", "/jobs/log", "/alerts/state", "/alerts/count", "/stores/state"),
    }
)


class ArchiveGate:
    """A layer before the application: 503 on these paths while the archive is away."""

    def __init__(self, app: ASGIApp, away: Callable[[], bool]) -> None:
        self._app = app
        self._away = away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ARCHIVE_PATHS and self._away():
            await Response(status_code=503, headers={"Retry-After": "2"})(scope, receive, send)
            return
        await self._app(scope, receive, send)
