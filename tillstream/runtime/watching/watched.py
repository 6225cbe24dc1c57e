"""A process that is watched: its vitals and figures, and where they are served."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from tillstream.runtime.settings import WatchSettings
from tillstream.runtime.watching.figures import registry_of
from tillstream.runtime.watching.health import Vitals
from tillstream.runtime.watching.pages import pages
from tillstream.runtime.watching.server import serving


class Watched:
    """What a room writes its figures to; it costs the same whether anybody asks or not."""

    def __init__(self, component: str) -> None:
        self.component = component
        self.vitals = Vitals(component)
        self.registry: CollectorRegistry = registry_of(self.vitals)

    @contextmanager
    def served(self, settings: WatchSettings) -> Iterator[None]:
        """Serve on WATCH_PORT, where it is set, as long as the block lasts.

        Raises PortTakenError.
        """
        of_it = pages(self.vitals, self.registry)
        with serving(settings.watch_host, settings.watch_port, self.component, of_it):
            yield


@contextmanager
def watched(settings: WatchSettings, component: str) -> Iterator[Watched]:
    """Serve on WATCH_PORT, where it is set, as long as the block lasts. Raises PortTakenError."""
    found = Watched(component)
    with found.served(settings):
        yield found
