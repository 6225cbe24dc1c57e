"""What the door shows: health checks, metrics, the OpenAPI document, its page and the form."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from entrypoint.broker_link import BrokerLink
from entrypoint.openapi import document_json
from tillstream.errors import (
    BrokerAwayError,
    BrokerBlockedError,
    DiskShortError,
    NotConfirmedError,
    UnroutableError,
)
from tillstream.http.pages import documentation
from tillstream.http.watch_routes import NotReady, WatchRoutes
from tillstream.receivers.definition import Receiver
from tillstream.runtime.watching.watched import Watched
from tillstream.streams.definition import Stream

#: The words of the health check for why no receipt would be taken.
STATES: dict[type[NotConfirmedError], str] = {
    BrokerAwayError: "away",
    BrokerBlockedError: "blocked",
    DiskShortError: "disk short",
    UnroutableError: "unroutable",
}

#: Between two looks at whether a receipt would be taken, seconds.
LOOK_SECONDS = 1.0

_FORM_PAGE = Path(__file__).parent / "form.html"


class Pages:
    """Everything but the receipts themselves."""

    def __init__(
        self,
        link: BrokerLink,
        watched: Watched,
        streams: Mapping[str, Stream],
        receivers: Mapping[str, Receiver],
    ) -> None:
        """`streams`: those that senders may post to."""
        self._document = document_json(streams, receivers)
        self._link = link
        self._watching = WatchRoutes(watched, self.obstacle)

    def routes(self) -> list[BaseRoute]:
        """The pages and their paths."""
        return [
            *self._watching.routes(),
            Route("/form", self.form),
            *documentation("the entrypoint", lambda: self._document),
        ]

    async def obstacle(self) -> NotReady | None:
        """Why no receipt would be taken now; None when it would."""
        try:
            await self._link.require_ready()
        except NotConfirmedError as error:
            reason = str(self._link.obstacle or error.reason)
            return NotReady(reason, STATES.get(type(error), "not confirmed"), error.retry_after)
        return None

    async def keep_looking(self) -> None:
        """Ask once a second, for those who watch the door on a port of its own."""
        while True:
            await self._watching.refresh()
            await asyncio.sleep(LOOK_SECONDS)

    async def form(self, _: Request) -> Response:
        """A page to fill in one receipt by hand."""
        return FileResponse(_FORM_PAGE)
