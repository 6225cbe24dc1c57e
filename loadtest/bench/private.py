"""A private system for benchmarks and faults: servers and chosen rooms, own ports and data."""

import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from local import ready
from local.mongo_memory import released_when_quiet
from local.plan import plan
from local.ports import kept_ports
from local.programs import SERVERS
from local.rabbitmqctl import rabbitmqctl
from local.settings import LocalSettings
from local.supervisor import Supervisor
from local.watch_urls import write_watch_urls
from tillstream.errors import TillstreamError
from tillstream.runtime import broker

#: Every room's process, by its name in the supervisor.
ROOMS = ("entrypoint", "totals", "rate", "persistence", "archive-api", "dashboard")
READY_SECONDS = 120
#: Longest that a command of the product may take, seconds.
PRODUCT_COMMAND_SECONDS = 300.0
#: The programs of each server, by the name of the condition that it is up.
SERVER_PROGRAMS = {"rabbitmq": ("epmd", "rabbitmq"), "mongod": ("mongod",)}


class CommandFailedError(TillstreamError):
    """A command of the product that ended with another status than 0."""


class System(NamedTuple):
    """A running system and where to find it."""

    amqp_url: str
    mongo_url: str
    #: `http://127.0.0.1:PORT`, also when the room does not run.
    entrypoint: str
    dashboard: str
    data_dir: Path
    #: What the rooms got; for further processes of the caller.
    environ: dict[str, str]
    supervisor: Supervisor

    def pids(self) -> dict[str, int]:
        """The process of each program, by its name."""
        found = self.supervisor.control.statuses().values()
        return {status.name: status.pid for status in found if status.pid}

    def run(
        self, *arguments: str, seconds: float = PRODUCT_COMMAND_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """`python -m ...` as an operator would run it here, ended; raises TimeoutExpired."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )

    def command(self, *arguments: str, seconds: float = PRODUCT_COMMAND_SECONDS) -> str:
        """What `python -m ...` prints; raises CommandFailedError where it does not end with 0."""
        done = self.run(*arguments, seconds=seconds)
        if done.returncode:
            said = (done.stdout + done.stderr)[-2_000:].strip()
            words = " ".join(arguments)[:80]
            raise CommandFailedError(f"python -m {words} ends with {done.returncode}: {said}")
        return done.stdout

    @contextmanager
    def channel(self) -> Iterator[broker.BlockingChannel]:
        """A channel of a connection of its own, for a short while. Raises pika's errors."""
        with broker.connect(self.amqp_url, "loadtest") as connection:
            yield connection.channel()

    def restart_dashboard(self, away_seconds: float = 0) -> None:
        """End the dashboard and start it again; ready when this returns."""
        control = self.supervisor.control
        control.stop("dashboard")
        time.sleep(away_seconds)
        control.start("dashboard", wait=True)
        port = int(self.environ["DASHBOARD_PORT"])
        self.supervisor.wait_for([ready.http_ok("dashboard", port, "/health/ready")], READY_SECONDS)

    def rabbitmqctl(self, *arguments: str) -> None:
        """Run a command on the private node. Raises ServerNotReadyError where it fails."""
        rabbitmqctl(self.supervisor.programs, *arguments)


@contextmanager
def running(
    argv: Sequence[str], environ: Mapping[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program beside the system's own, until it is no longer wanted."""
    process = subprocess.Popen(argv, env=environ, cwd=folder)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def running_system(
    rooms: Collection[str] = ROOMS,
    servers: Collection[str] = tuple(SERVER_PROGRAMS),
    environ: Mapping[str, str] | None = None,
    program_environ: Mapping[str, Mapping[str, str]] | None = None,
    parent: Path | None = None,
) -> Iterator[System]:
    """Private servers and `rooms`, ready; ended and removed afterwards.

    With `rooms=()` only the servers run, and every exchange and queue is declared. `environ`
    is set for the rooms beside their URLs, `program_environ` for single programs by their names.
    The data folder is made in `parent`, or where temporary files belong. To be entered from the
    main thread. Raises ServerNotReadyError.
    """
    # The waits for a broker that starts are no news.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tillstream-bench-", dir=parent) as folder:
        data_dir = Path(folder)
        doors = kept_ports(data_dir / "ports.json", tuple(ready.HTTP_ROOMS))
        settings = LocalSettings(
            entrypoint_port=doors["entrypoint"],
            dashboard_port=doors["dashboard"],
            archive_api_port=doors["archive-api"],
            data_dir=folder,
        )
        planned = plan(settings, data_dir, load={})
        kept = {name for server in servers for name in SERVER_PROGRAMS[server]} | set(rooms)
        own = program_environ or {}
        programs = [
            replace(program, env={**program.env, **own.get(program.name, {})})
            for program in planned.programs
            if program.name in kept
        ]
        calendar = {
            "STORE_TIMEZONE": zone_far_from_midnight(time.time()),
            "BUSINESS_DAY_CUTOFF_HOUR": "0",
        }
        settled = planned.environ | calendar | dict(environ or {})
        write_watch_urls(data_dir, programs, settled)
        up = [condition for condition in planned.servers_answer if condition.program in kept]
        with Supervisor(data_dir, programs, settled) as supervisor:
            supervisor.wait_for(up, READY_SECONDS)
            system = System(
                settled["AMQP_URL"],
                settled["MONGO_URL"],
                f"http://127.0.0.1:{doors['entrypoint']}",
                f"http://127.0.0.1:{doors['dashboard']}",
                data_dir,
                settled,
                supervisor,
            )
            if "rabbitmq" in servers:
                with system.channel() as channel:
                    broker.declare(channel)
            if any(program.group != SERVERS for program in programs):
                supervisor.start_rooms()
                with ready.rooms(settled) as answers:
                    wanted = [one for one in answers if one.program in rooms]
                    supervisor.wait_for(wanted, READY_SECONDS)
            memory = released_when_quiet(system.mongo_url, logging.getLogger(__name__).warning)
            with memory if "mongod" in servers else nullcontext():
                yield system


def zone_far_from_midnight(now: float) -> str:
    """A time zone without summer time in which it is noon, so that no run sees a day end."""
    ahead = 12 - datetime.fromtimestamp(now, UTC).hour
    # The names have the sign that POSIX gives them: Etc/GMT-3 is three hours ahead.
    return f"Etc/GMT{-ahead:+d}"
