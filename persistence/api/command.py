"""`python -m persistence api`: questions to the archive on ARCHIVE_API_PORT."""

import argparse
import socket
import threading
import time
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp

from persistence.api import app
from persistence.api.settings import ArchiveApiSettings
from tillstream.http.bounded_protocol import BoundedProtocol, within
from tillstream.runtime import logs, ports, process, quiet

log = structlog.get_logger()

#: Longest wait for the answers in flight when the service ends, seconds.
DRAIN_SECONDS = 5

#: A question has no body; some clients send an empty object all the same.
MAX_BODY_BYTES = 65_536


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none; everything is a setting."""


def run(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; raises PortTakenError."""
    settings = process.load_settings(ArchiveApiSettings)
    logs.configure(settings, "archive-api")
    host, port = settings.archive_api_host, settings.archive_api_port
    listener = ports.listen(host, port, "ARCHIVE_API_PORT")
    ending = threading.Event()
    config = uvicorn.Config(
        partial(application, ending),
        factory=True,
        http=within(BoundedProtocol, settings, MAX_BODY_BYTES),
        timeout_keep_alive=settings.keep_alive_seconds,
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
        # Nothing of ours looks at the client's address.
        proxy_headers=False,
    )
    log.info("listening", host=host, port=port)
    # uvicorn raises the signal that ended it once more: ours makes that a normal end.
    process.stop_on_signals()
    with listener:
        Server(config, ending).run(sockets=[listener])
    return 0


class Server(uvicorn.Server):
    """Ends the streams first: they would keep their connections open for ever."""

    def __init__(self, config: uvicorn.Config, ending: threading.Event) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.set()
        await super().shutdown(sockets)


def application(ending: threading.Event) -> ASGIApp:
    """The application, from the environment."""
    service = app.build(process.load_settings(ArchiveApiSettings), time.time, ending.is_set)
    process.calm_collector()
    quiet.release_when_quiet()
    return service
