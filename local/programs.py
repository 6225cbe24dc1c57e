"""What runs under the supervisor: a program, and the supervisord configuration of many."""

import os
import pwd
import resource
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tillstream.runtime import product
from tillstream.runtime.parentage import ends_with_its_parent

#: Groups end one after the other, the last first; the programs of a group end together.
#: Spare ones run when there is much to do (`local.scaling`).
SERVERS, ROOMS, SPARE, LOAD = "servers", "rooms", "spare", "load"
GROUPS = (SERVERS, ROOMS, SPARE, LOAD)

#: Seconds that a program has to end after SIGTERM, before it is killed.
STOP_SECONDS = {SERVERS: 15, ROOMS: 8, SPARE: 8, LOAD: 5}

#: A crashing program is tried again after 1, 2, 3... seconds; so often, never given up.
START_RETRIES = 10_000

LOG_BYTES = 20_000_000

#: In the data folder: {program: URL}, for `tillstream status`, Prometheus and whoever watches.
WATCH_FILE = "watch.json"

#: Files 0600 and folders 0700, for every process of a local run.
PRIVATE_UMASK = 0o077


@dataclass(frozen=True)
class Program:
    """One process: its name, its arguments, and what its environment has beside the common."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    group: str = ROOMS


#: Who makes receipts, by the name of its program.
GENERATOR = {"generator": "generator steady"}
#: What makes up the online shop, by the name of its program.
SHOP = {
    "shop": "generator shop --rate 10",
    "visits": "generator visits --rate 20",
    "clicks": "generator clicks --rate 20 --clicks 9 --purchases 1",
}


#: What reads the logs and counts, by the engine: in place of the program of that name.
EMBEDDED, SPARK = "embedded", "spark"
ENGINES: dict[str, dict[str, str]] = {
    EMBEDDED: {},
    SPARK: {"totals": "spark receipts", "events": "spark windows"},
}


def rooms(
    load: Mapping[str, str], engine: str = EMBEDDED, *, with_receivers: bool = False
) -> list[Program]:
    """Every room's process, as `docker-compose.yml` has them, and who makes receipts and events.

    `load` has the module and the arguments of each of these by the name of its program. `engine`
    is one of ENGINES. Without receivers the process that makes receipts of deliveries is left out.
    """
    modules = {
        "entrypoint": "entrypoint",
        "totals": "analytics totals",
        "rate": "analytics rate",
        "persistence": "persistence",
        "archive-api": "persistence api",
        "events": "events worker",
        **({"connectors": "connectors run"} if with_receivers else {}),
        "jobs": "jobs scheduler",
        "alerts": "alerts watch",
        "dashboard": "dashboard",
    } | ENGINES[engine]
    return [
        Program(name, (sys.executable, "-m", *module.split()), group=group)
        for group, members in ((ROOMS, modules), (LOAD, load))
        for name, module in members.items()
    ]


def spares(programs: Sequence[Program], doors: int, writers: int) -> list[Program]:
    """The programs with `doors` doors and `writers` persistence workers in all, where they may be
    more than one: the further ones are spare, named `entrypoint-2`, `persistence-2` and so on.
    """
    most = {"entrypoint": doors, "persistence": writers}
    found: list[Program] = []
    for program in programs:
        count = most.get(program.name, 1)
        if program.name == "entrypoint" and count > 1:
            program = replace(program, argv=(*program.argv, "--beside"))
        names = [f"{program.name}-{number}" for number in range(2, count + 1)]
        found += [program, *(replace(program, name=name, group=SPARE) for name in names)]
    return found


def log_file(data_dir: Path, name: str) -> Path:
    """Where the output of a program goes."""
    return data_dir / "log" / f"{name}.log"


def socket_file(data_dir: Path) -> Path:
    """The supervisor's control socket; a path that is too long for a socket moves to /tmp."""
    file = data_dir / "supervisor.sock"
    # 108 bytes is the limit of a Unix socket's address; supervisord adds its process id.
    if len(os.fsencode(file)) <= 90:
        return file
    information = data_dir.stat()
    return Path(f"/tmp/tillstream-{information.st_dev}-{information.st_ino}.sock")  # noqa: S108


def config_text(data_dir: Path, programs: Sequence[Program]) -> str:
    """supervisord.conf for `programs`; `supervisorctl -c` reads the same file."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    control = socket_file(data_dir)
    sections: list[tuple[str, dict[str, object]]] = [
        ("unix_http_server", {"file": control, "chmod": "0600"}),
        (
            "supervisord",
            {
                "nodaemon": "true",
                "silent": "true",
                "logfile": data_dir / "log" / "supervisord.log",
                "pidfile": data_dir / "supervisord.pid",
                "directory": product.FILES,
                "minfds": 10_000 if most_files < 0 else min(most_files, 10_000),
                # Said outright, or supervisord warns that it runs as root.
                "user": pwd.getpwuid(os.geteuid()).pw_name,
            },
        ),
        ("supervisorctl", {"serverurl": f"unix://{control}"}),
        (
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": ("supervisor.rpcinterface:make_main_rpcinterface")},
        ),
    ]
    for priority, group in enumerate(GROUPS):
        members = [program for program in programs if program.group == group]
        sections += [(f"program:{p.name}", _program(data_dir, p)) for p in members]
        if members:
            names = ",".join(p.name for p in members)
            sections.append((f"group:{group}", {"programs": names, "priority": priority}))
    return "\n".join(_section(name, values) for name, values in sections)


def _program(data_dir: Path, program: Program) -> dict[str, object]:
    settings = [f"{name}={value}" for name, value in program.env.items()]
    command = shlex.join([*ends_with_its_parent(), "env", *settings, *program.argv])
    # Space and semicolon begin a comment, also between quotes: close and open them there.
    command = command.replace(" ;", " '';").replace(" #", " ''#")
    return {
        "command": command,
        # The rooms start by a call, once the servers answer: no storm of failed connects.
        "autostart": str(program.group == SERVERS).lower(),
        "autorestart": "true",
        "startretries": START_RETRIES,
        "stopwaitsecs": STOP_SECONDS[program.group],
        "stopasgroup": "true",
        "killasgroup": "true",
        # What a program writes, its logs too, is for its owner alone.
        "umask": f"{PRIVATE_UMASK:03o}",
        "redirect_stderr": "true",
        "stdout_logfile": log_file(data_dir, program.name),
        "stdout_logfile_maxbytes": LOG_BYTES,
        "stdout_logfile_backups": 2,
    }


def _section(name: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {str(value).replace('%', '%%')}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])
