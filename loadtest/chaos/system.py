"""The whole system on its own ports, with a data folder that goes with it; no generator."""

import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tillstream.errors import ServerNotReady
from tillstream.local import ready
from tillstream.local.plan import plan
from tillstream.local.ports import kept_ports
from tillstream.local.programs import Program
from tillstream.local.settings import LocalSettings
from tillstream.local.supervisor import Supervisor

READY_SECONDS = 120
COMMAND_SECONDS = 60
DATABASE = "tillstream"

#: Receipts that the door remembers: so few that most repetitions are met downstream.
REMEMBERED_RECEIPTS = 100


@dataclass(frozen=True)
class System:
    """A running system and where to find it."""

    #: `http://127.0.0.1:PORT`
    entrypoint: str
    dashboard: str
    amqp_url: str
    mongo_url: str
    #: What the rooms got; for further processes of ours.
    environ: dict[str, str]
    supervisor: Supervisor
    rabbitmq: Program

    def rabbitmqctl(self, *arguments: str) -> None:
        """Run a command on the private node. Raises ServerNotReady where it fails."""
        # The script beside the server's: Debian's on the PATH changes the user.
        script = Path(self.rabbitmq.argv[0]).with_name("rabbitmqctl")
        command = [str(script), "--quiet", *arguments]
        try:
            done = subprocess.run(
                command,
                env=os.environ | self.rabbitmq.env,
                check=False,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise ServerNotReady(str(error)) from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise ServerNotReady(f"{' '.join(command)} ends with {done.returncode}: {said}")


@contextmanager
def running_system() -> Iterator[System]:
    """Every server and room, ready; ended and removed afterwards.

    To be entered from the main thread. Raises ServerNotReady.
    """
    # The waits for a broker that starts are no news.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tillstream-chaos-") as folder:
        data_dir = Path(folder)
        ports = kept_ports(data_dir / "ports.json", ("entrypoint", "dashboard", "archive-api"))
        settings = LocalSettings(
            entrypoint_port=ports["entrypoint"],
            dashboard_port=ports["dashboard"],
            archive_api_port=ports["archive-api"],
            data_dir=folder,
        )
        planned = plan(settings, data_dir, generator=False)
        environ = planned.environ | {
            "MONGO_DATABASE": DATABASE,
            "STORE_TIMEZONE": zone_far_from_midnight(time.time()),
            "BUSINESS_DAY_CUTOFF_HOUR": "0",
            "REMEMBERED_RECEIPTS": str(REMEMBERED_RECEIPTS),
            "API_KEYS": "off",
            "REFUSE_RULES": "",
        }
        (rabbitmq,) = (program for program in planned.programs if program.name == "rabbitmq")
        with Supervisor(data_dir, planned.programs, environ) as supervisor:
            supervisor.wait_for(planned.servers_answer, READY_SECONDS)
            supervisor.start_rooms()
            _wait_for_rooms(supervisor, ports, environ["AMQP_URL"])
            yield System(
                f"http://127.0.0.1:{ports['entrypoint']}",
                f"http://127.0.0.1:{ports['dashboard']}",
                environ["AMQP_URL"],
                environ["MONGO_URL"],
                environ,
                supervisor,
                rabbitmq,
            )


def zone_far_from_midnight(now: float) -> str:
    """A time zone without summer time in which it is noon, so that no run sees a day end."""
    ahead = 12 - datetime.fromtimestamp(now, UTC).hour
    # The names have the sign that POSIX gives them: Etc/GMT-3 is three hours ahead.
    return f"Etc/GMT{-ahead:+d}"


def _wait_for_rooms(supervisor: Supervisor, ports: dict[str, int], amqp_url: str) -> None:
    with ready.Snapshots(amqp_url) as snapshots:
        names: Sequence[str] = ("entrypoint", "dashboard")
        answers = [ready.http_ok(name, ports[name], "/health/ready") for name in names]
        supervisor.wait_for([*answers, *snapshots.conditions()], READY_SECONDS)
