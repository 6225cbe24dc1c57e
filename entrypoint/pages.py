"""What the door shows: health checks, metrics, the OpenAPI document, its page and the form."""

from pathlib import Path

import msgspec
import swagger_ui
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from entrypoint.broker_link import BrokerLink
from entrypoint.metrics import Metrics
from entrypoint.openapi import DOCS_PAGE, document_json
from entrypoint.publisher import Publisher
from tillstream.codec import JSON

#: Swagger UI, as its package brings it: nothing is fetched from elsewhere.
_SWAGGER_FILES = Path(swagger_ui.__file__).parent / "static"
_FORM_PAGE = Path(__file__).parent / "form.html"


class Pages:
    """Everything but the receipts themselves."""

    def __init__(self, link: BrokerLink, publisher: Publisher, metrics: Metrics) -> None:
        self._link = link
        self._publisher = publisher
        self._metrics = metrics

    def routes(self) -> list[BaseRoute]:
        """The pages and their paths."""
        return [
            Route("/health/live", self.live),
            Route("/health/ready", self.ready),
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.openapi),
            Route("/docs", self.docs),
            Mount("/docs/files", StaticFiles(directory=_SWAGGER_FILES)),
            Route("/form", self.form),
        ]

    async def live(self, _: Request) -> Response:
        """This process answers."""
        return _health("live", 200)

    async def ready(self, _: Request) -> Response:
        """200 when a receipt would be taken now, 503 otherwise."""
        state = await self._link.state()
        return _health(state, 200 if state == "ready" else 503)

    async def metrics(self, _: Request) -> Response:
        """The figures for Prometheus."""
        text = self._metrics.text(self._publisher.receipts_in_flight)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def openapi(self, _: Request) -> Response:
        """The OpenAPI 3.1 document."""
        return Response(document_json(), media_type=JSON)

    async def docs(self, _: Request) -> Response:
        """The page that shows the document."""
        return HTMLResponse(DOCS_PAGE)

    async def form(self, _: Request) -> Response:
        """A page to fill in one receipt by hand."""
        return FileResponse(_FORM_PAGE)


def _health(status: str, code: int) -> Response:
    return Response(msgspec.json.encode({"status": status}), code, media_type=JSON)
