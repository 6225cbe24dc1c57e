"""`python -m entrypoint`: the REST door on ENTRYPOINT_PORT."""

import time

import structlog
import uvicorn

from entrypoint import app
from entrypoint.settings import EntrypointSettings
from tillstream import logs, ports, process
from tillstream.errors import PortTaken

log = structlog.get_logger()


def main() -> None:
    """Listen, serve until SIGTERM or SIGINT, let the requests in flight end."""
    settings = process.load_settings(EntrypointSettings)
    logs.configure(settings, "entrypoint")
    try:
        listener = ports.listen(
            settings.entrypoint_host, settings.entrypoint_port, "ENTRYPOINT_PORT"
        )
    except PortTaken as error:
        process.fail(error)
    server = uvicorn.Server(
        uvicorn.Config(
            app.build(settings, time.time),
            http="httptools",
            loop="uvloop",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=app.DRAIN_SECONDS,
            server_header=False,
        )
    )
    with listener:
        log.info("listening", host=settings.entrypoint_host, port=settings.entrypoint_port)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
