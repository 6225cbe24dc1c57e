"""What the door shows: health checks, metrics, the OpenAPI document, its page and the form."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from entrypoint.broker_link import BrokerLink
from entrypoint.metrics import Metrics
from entrypoint.openapi import document_json
from entrypoint.publish_queue import InFlight
from tillstream.errors import (
    BrokerAwayError,
    BrokerBlockedError,
    DiskShortError,
    NotConfirmedError,
    UnroutableError,
)
from tillstream.http.pages import documentation, health, live
from tillstream.streams.definition import Stream

#: The words of the health check for why no receipt would be taken.
STATES: dict[type[NotConfirmedError], str] = {
    BrokerAwayError: "away",
    BrokerBlockedError: "blocked",
    DiskShortError: "disk short",
    UnroutableError: "unroutable",
}

_FORM_PAGE = Path(__file__).parent / "form.html"


class Pages:
    """Everything but the receipts themselves."""

    def __init__(
        self,
        link: BrokerLink,
        receipts: InFlight,
        events: InFlight,
        metrics: Metrics,
        streams: Mapping[str, Stream],
    ) -> None:
        """`streams`: those that senders may post to."""
        self._document = document_json(streams)
        self._link = link
        self._receipts = receipts
        self._events = events
        self._metrics = metrics

    def routes(self) -> list[BaseRoute]:
        """The pages and their paths."""
        return [
            Route("/health/live", live),
            Route("/health/ready", self.ready),
            Route("/metrics", self.metrics),
            Route("/form", self.form),
            *documentation("the entrypoint", lambda: self._document),
        ]

    async def ready(self, _: Request) -> Response:
        """200 when a receipt would be taken now, 503 otherwise."""
        try:
            await self._link.require_ready()
        except NotConfirmedError as error:
            retry = {"Retry-After": str(error.retry_after)}
            reason = str(self._link.obstacle or error.reason)
            return health(STATES.get(type(error), "not confirmed"), 503, reason, retry)
        return health("ready", 200)

    async def metrics(self, _: Request) -> Response:
        """The figures for Prometheus."""
        text = self._metrics.text(self._receipts.items, self._events.items)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def form(self, _: Request) -> Response:
        """A page to fill in one receipt by hand."""
        return FileResponse(_FORM_PAGE)
