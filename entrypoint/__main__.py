"""`python -m entrypoint`: the REST door on ENTRYPOINT_PORT, and its API keys."""

import argparse
import multiprocessing
import os
import time
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from entrypoint import keys_command
from entrypoint.ageing_protocol import AgeingProtocol
from entrypoint.direct_protocol import DirectProtocol
from entrypoint.receivers.set_up import SetUp, set_up
from entrypoint.settings import DRAIN_SECONDS, EntrypointSettings
from tillstream.errors import DataFolderError, PortTakenError, SettingsError
from tillstream.http.bounded_protocol import within
from tillstream.runtime import data_folder, logs, ports, process, quiet
from tillstream.runtime.settings import WatchSettings
from tillstream.runtime.tracing import start
from tillstream.runtime.typed_as import program_name
from tillstream.streams import definitions_file
from tillstream.streams.definition import Definitions
from tillstream.streams.definitions_file import DefinitionError

log = structlog.get_logger()


def main() -> None:
    """Run the door, or a command on its keys."""
    parser = argparse.ArgumentParser(prog=program_name("entrypoint"), description=__doc__)
    parser.add_argument("--workers", type=int, metavar="N", help="instead of ENTRYPOINT_WORKERS")
    parser.add_argument(
        "--beside",
        action="store_true",
        help="one process that shares the port with other doors of this user, and is watched on"
        " WATCH_PORT (docs/scaling.md)",
    )
    commands = parser.add_subparsers(dest="command")
    keys_command.add_arguments(commands.add_parser("keys", help="API keys"))
    arguments = parser.parse_args()
    if arguments.command == "keys":
        raise SystemExit(keys_command.run(arguments))
    settings = process.load_settings(EntrypointSettings)
    workers = settings.entrypoint_workers if arguments.workers is None else arguments.workers
    if workers < 1:
        parser.error("--workers must be at least 1")
    if arguments.beside:
        serve(settings, 1, process.load_settings(WatchSettings))
    else:
        serve(settings, workers)


def serve(settings: EntrypointSettings, workers: int, beside: WatchSettings | None = None) -> None:
    """Listen, serve until SIGTERM or SIGINT, let the requests in flight end.

    `beside` other doors it listens on the same port, and is watched where that says.
    """
    process.calm_allocator()
    logs.configure(settings, "entrypoint")
    _definitions(settings)  # told once, before any process of several is started
    _receivers(settings)
    try:
        start.require_installed(settings)
        data_folder.require_current(settings.data_dir)
        port_for = ports.listen if workers == 1 else ports.share
        if beside is not None:
            # uvicorn makes it listen, once it serves.
            port_for = ports.bind_beside
        listener = port_for(settings.entrypoint_host, settings.entrypoint_port, "ENTRYPOINT_PORT")
    except (PortTakenError, DataFolderError, SettingsError) as error:
        process.fail(error)
    config = uvicorn.Config(
        # Several processes import it; one alone may be given it.
        "entrypoint.__main__:application" if beside is None else partial(application, beside),
        factory=True,
        workers=workers,
        http=within(
            DirectProtocol if beside is None else AgeingProtocol,
            settings,
            settings.max_batch_bytes,
        ),
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
    log.info("listening", host=settings.entrypoint_host, port=settings.entrypoint_port)
    # uvicorn raises the signal that ended it once more, for whoever had a handler before: ours
    # makes that a normal end, with status 0.
    process.stop_on_signals()
    with listener:
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Multiprocess(config, sockets=[listener]).run()


def application(watch: WatchSettings | None = None) -> ASGIApp:
    """The application of one process, from its environment; watched apart where `watch` says."""
    if multiprocessing.parent_process() is not None:
        # One of several: without their parent they would keep the port for ever.
        process.end_with_parent()
        process.calm_allocator()
    # Only now: NumPy, Arrow and DuckDB start threads as they are imported.
    from entrypoint import app

    settings = process.load_settings(EntrypointSettings)
    logs.configure(settings, "entrypoint")
    tracer = start.begin(settings, "entrypoint")
    door = app.build(
        settings, _definitions(settings), _receivers(settings), time.time, watch, tracer
    )
    process.calm_collector()
    quiet.release_when_quiet()
    return door


def _definitions(settings: EntrypointSettings) -> Definitions:
    try:
        return definitions_file.load_settings(settings)
    except DefinitionError as error:
        process.fail(error)


def _receivers(settings: EntrypointSettings) -> SetUp:
    try:
        return set_up(settings, os.environ, time.time)
    except SettingsError as error:  # a DefinitionError is one
        process.fail(error)


if __name__ == "__main__":
    with process.output_told():
        main()
