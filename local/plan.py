"""What a local run consists of: private servers or given ones, the rooms, their environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local import ready, servers
from local.programs import EMBEDDED, SERVERS, Program, rooms, spares
from local.settings import LocalSettings
from local.supervisor import Condition
from local.watch_urls import with_watch_ports
from tillstream.runtime import product


@dataclass(frozen=True)
class Plan:
    """The programs, what each gets as its environment, and when the servers are up."""

    programs: list[Program]
    environ: dict[str, str]
    servers_answer: list[Condition]

    def shown(self) -> list[str]:
        """The programs whose output belongs on the terminal: not the servers'."""
        return [program.name for program in self.programs if program.group != SERVERS]


def declares_receivers(settings: LocalSettings) -> bool:
    """Whether RECEIVERS_DIR has any definition."""
    return any((product.FILES / settings.receivers_dir).glob("*.toml"))


def plan(
    settings: LocalSettings, data_dir: Path, load: Mapping[str, str], engine: str = EMBEDDED
) -> Plan:
    """Every program of a local run on `data_dir`; chooses the ports that are not set."""
    programs: list[Program] = []
    answers: list[Condition] = []
    amqp_url, mongo_url = settings.amqp_url, settings.mongo_url
    if amqp_url is None:
        broker = servers.private_broker(data_dir, settings.min_free_disk_bytes)
        programs += broker.programs()
        amqp_url = broker.url
    answers.append(ready.amqp(amqp_url))
    if mongo_url is None:
        mongo = servers.private_mongo(data_dir)
        programs += mongo.programs()
        mongo_url = mongo.url
        answers.append(ready.primary(mongo))
    else:
        answers.append(ready.mongo(mongo_url))
    environ = {
        **os.environ,
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "DATA_DIR": str(data_dir),
        "ENTRYPOINT_PORT": str(settings.entrypoint_port),
        "ENTRYPOINT_URL": f"http://127.0.0.1:{settings.entrypoint_port}",
        "DASHBOARD_PORT": str(settings.dashboard_port),
        "ARCHIVE_API_PORT": str(settings.archive_api_port),
    }
    cores = len(os.sched_getaffinity(0))
    of_rooms = spares(
        rooms(load, engine, with_receivers=declares_receivers(settings)),
        min(settings.doors_max, cores),
        min(settings.persistence_max, cores),
    )
    return Plan(programs + with_watch_ports(data_dir, of_rooms), environ, answers)
