"""What `script/server` runs: private servers and every room, until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import errno
import logging
import os
import sys
import threading
from collections.abc import Mapping

from local import closed_streams, mongo_memory, ready
from local.addresses import write_addresses
from local.checks import require_definitions
from local.follow import Follower
from local.lock import locked
from local.plan import plan
from local.ports import require_free
from local.programs import EMBEDDED, ENGINES, GENERATOR, PRIVATE_UMASK, SHOP, SPARK, log_file
from local.scaling import scaling
from local.settings import LocalSettings
from local.supervisor import Supervisor
from local.upgrading import upgrade
from local.watch import Watch
from local.watch_urls import write_watch_urls
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder, process
from tillstream.runtime.spark_needs import require_spark

#: Said with --servers-only.
SERVERS_READY = "The servers are ready and no room runs: type `tillstream COMMAND` elsewhere"


def main() -> None:
    """Parse, check, run; each failure is one line and a status other than 0."""
    parser = argparse.ArgumentParser(prog="script/server", description=__doc__)
    parser.add_argument(
        "--no-generator", action="store_true", help="leave the generator of receipts out"
    )
    parser.add_argument(
        "--shop", action="store_true", help="add the generators of an online shop's events"
    )
    parser.add_argument(
        "--servers-only",
        action="store_true",
        help="start RabbitMQ and MongoDB and no room: for restore, rebuild-log and upgrade",
    )
    parser.add_argument(
        "--engine",
        choices=tuple(ENGINES),
        default=EMBEDDED,
        help="what counts: the workers by themselves, or Spark for them (default: %(default)s)",
    )
    arguments = parser.parse_args()
    settings = process.load_settings(LocalSettings)
    # The waits for a broker that starts are no news.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    stop = process.stop_on_signals()
    os.umask(PRIVATE_UMASK)
    try:
        run(
            settings,
            load=({} if arguments.no_generator else GENERATOR) | (SHOP if arguments.shop else {}),
            stop=stop,
            servers_only=arguments.servers_only,
            engine=arguments.engine,
        )
    except TillstreamError as error:
        process.fail(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        full = f"there is no space left for {error.filename or settings.data_path()}; make some"
        process.fail(TillstreamError(full), 1)


def run(
    settings: LocalSettings,
    *,
    load: Mapping[str, str],
    stop: threading.Event,
    servers_only: bool = False,
    engine: str = EMBEDDED,
) -> None:
    """Run with the programs of `load`, and those of `engine`, until `stop` is set.

    Raises TillstreamError when something cannot start or ends.
    """
    data_dir = settings.data_path()
    # 1. Nothing is started where it could not be finished.
    if engine == SPARK:
        require_spark()
    with locked(data_dir) as held:
        data_folder.require_known(data_dir)
        require_free(settings.entrypoint_port, "ENTRYPOINT_PORT")
        require_free(settings.dashboard_port, "DASHBOARD_PORT")
        require_free(settings.archive_api_port, "ARCHIVE_API_PORT")
        system = plan(settings, data_dir, load, engine)
        # Without rooms nothing reads them: who mends a system may have none that hold.
        if not servers_only:
            require_definitions(system.environ, stop)
            if stop.is_set():
                return
        write_addresses(data_dir, system.environ)
        write_watch_urls(data_dir, system.programs, system.environ)
        terminal = Follower(log_file(data_dir, "").parent, system.shown(), sys.stdout)
        amqp_url, min_free = system.environ["AMQP_URL"], settings.min_free_disk_bytes
        streams = closed_streams.ClosedStreams(
            amqp_url, data_dir, min_free, system.programs, settings.log_partitions
        )
        mending = closed_streams.mending(streams, terminal.say)
        with (
            terminal,
            Supervisor(data_dir, system.programs, system.environ, stop) as supervisor,
            mending if settings.amqp_url is None else contextlib.nullcontext(),
        ):
            # 2. The servers, then the rooms.
            terminal.say(f"Tillstream starts; data and logs are in {data_dir}")
            watch = Watch(supervisor, held, terminal, stop)
            watch.until_all(system.servers_answer)
            if stop.is_set():
                return
            if servers_only:
                terminal.say(SERVERS_READY)
                watch.until_stop()
                return
            upgrade(data_dir, system.environ, terminal.say, stop)
            supervisor.start_rooms()
            with ready.rooms(system.environ) as answers:
                watch.until_all(answers)
            if stop.is_set():
                return
            terminal.say(ready_line(settings))
            # 3. Until somebody ends it.
            memory = mongo_memory.released_when_quiet(system.environ["MONGO_URL"], terminal.say)
            with (
                memory if settings.mongo_url is None else contextlib.nullcontext(),
                scaling(data_dir, system.programs, system.environ, settings, terminal.say),
            ):
                watch.until_stop()


def ready_line(settings: LocalSettings) -> str:
    """What somebody who has just started it wants to know."""
    door = f"http://localhost:{settings.entrypoint_port}"
    return (
        f"Tillstream is ready: POST receipts to {door}/receipt and events to {door}/events/shop, "
        f"watch http://localhost:{settings.dashboard_port}, "
        f"ask http://localhost:{settings.archive_api_port}/docs (API docs {door}/docs)"
    )


if __name__ == "__main__":
    with process.output_told():
        main()
