"""What every process answers to those who watch it; the same by every server."""

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from tillstream.runtime.watching import figures
from tillstream.runtime.watching.health import Health, Vitals

#: The form of all answers but the figures.
JSON = "application/json"


class Page(NamedTuple):
    """An answer."""

    status: HTTPStatus
    media_type: str
    body: bytes


LIVE, READY, METRICS, VERSION = "/health/live", "/health/ready", "/metrics", "/version"


def pages(vitals: Vitals, registry: CollectorRegistry) -> dict[str, Callable[[], Page]]:
    """Path -> its answer."""

    def health(found: tuple[HTTPStatus, Health]) -> Page:
        return Page(found[0], JSON, found[1].encoded())

    return {
        LIVE: lambda: health(vitals.live()),
        READY: lambda: health(vitals.ready()),
        METRICS: lambda: Page(HTTPStatus.OK, figures.CONTENT_TYPE, figures.text(registry)),
        VERSION: lambda: Page(HTTPStatus.OK, JSON, vitals.version()),
    }
