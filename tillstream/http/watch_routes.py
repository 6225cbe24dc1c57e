"""The pages for watching, of a service that has HTTP already."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillstream.runtime.watching.health import NOT_READY, Health
from tillstream.runtime.watching.pages import JSON, LIVE, METRICS, READY, VERSION, Page, pages
from tillstream.runtime.watching.watched import Watched


class NotReady(NamedTuple):
    """Why a service cannot do its work now: a sentence, and a word or two."""

    reason: str
    status: str = NOT_READY
    #: When to ask again, seconds.
    retry_after: int | None = None


#: Asked at each health check; None where it is ready.
Ask = Callable[[], Awaitable[NotReady | None]]


class WatchRoutes:
    """Health, figures, version. That it answers is the turn of a service's loop."""

    def __init__(
        self, watched: Watched, ask: Ask, hung: Callable[[], str | None] = lambda: None
    ) -> None:
        """`hung`: why a loop beside that of the server does not turn; None while it does."""
        self._watched = watched
        self._pages = pages(watched.vitals, watched.registry)
        self._ask = ask
        self._hung = hung

    def routes(self) -> list[BaseRoute]:
        """The pages and their paths."""
        return [
            Route(LIVE, self.live),
            Route(READY, self.ready),
            Route(METRICS, self.figures),
            Route(VERSION, self.version),
        ]

    async def live(self, _: Request) -> Response:
        """200 while its loops turn."""
        return self._live() or self._answer(LIVE)

    async def ready(self, _: Request) -> Response:
        """200 while it does its work."""
        if (hung := self._live()) is not None:
            return hung
        found = await self._look()
        answer = self._answer(READY)
        if found is not None and found.retry_after is not None:
            answer.headers["Retry-After"] = str(found.retry_after)
        return answer

    async def figures(self, _: Request) -> Response:
        """The figures for Prometheus, with whether it is ready now."""
        await self.refresh()
        return self._answer(METRICS)

    async def refresh(self) -> None:
        """Ask whether it is ready now, for those who read its vitals."""
        if self._live() is None:
            await self._look()

    async def version(self, _: Request) -> Response:
        """Which version this is."""
        return self._answer(VERSION)

    def _live(self) -> Response | None:
        reason = self._hung()
        if reason is None:
            self._watched.vitals.turn()
            return None
        body = Health(self._watched.component, "hung", reason).encoded()
        return _response(Page(HTTPStatus.SERVICE_UNAVAILABLE, JSON, body))

    async def _look(self) -> NotReady | None:
        found = await self._ask()
        if found is None:
            self._watched.vitals.connected()
        else:
            self._watched.vitals.away(found.reason, found.status)
        return found

    def _answer(self, path: str) -> Response:
        return _response(self._pages[path]())


def _response(page: Page) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Type": page.media_type}
    return Response(page.body, page.status, headers)
