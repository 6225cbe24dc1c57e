"""Where each program of a local run is watched: a port for those without one, and a list of all."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from local.ports import kept_ports
from local.programs import ROOMS, SPARE, WATCH_FILE, Program
from local.ready import HTTP_ROOMS
from tillstream.runtime import files

#: In the data folder, as WATCH_FILE, for Prometheus, as its discovery by files reads it.
PROMETHEUS_FILE = "prometheus.json"


def with_watch_ports(data_dir: Path, programs: Sequence[Program]) -> list[Program]:
    """The programs, with a WATCH_PORT for each room's process that does not listen by itself."""
    names = [
        program.name
        for program in programs
        if program.group == SPARE
        or (program.group == ROOMS and (program.name not in HTTP_ROOMS or is_shared(program)))
    ]
    found = kept_ports(data_dir / "ports.json", [f"watch-{name}" for name in names])
    ports = dict(zip(names, found.values(), strict=True))
    return [
        replace(program, env={**program.env, "WATCH_PORT": str(ports[program.name])})
        if program.name in ports
        else program
        for program in programs
    ]


def is_shared(program: Program) -> bool:
    """Whether its port is that of other processes too: one of its own tells of it alone."""
    return "--beside" in program.argv


def write_watch_urls(
    data_dir: Path,
    programs: Sequence[Program],
    environ: Mapping[str, str],
    spares: Collection[str] = (),
) -> None:
    """Write the base URL of `/metrics`, `/health/...` and `/version` of each to DATA_DIR.

    Of the spare programs only those are named that run: `spares`.
    """
    ports = {
        program.name: program.env.get("WATCH_PORT")
        or (environ[HTTP_ROOMS[program.name]] if program.name in HTTP_ROOMS else None)
        for program in programs
        if program.group != SPARE or program.name in spares
    }
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items() if port}
    targets = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"component": name}}
        for name, port in ports.items()
        if port
    ]
    for file, content in ((WATCH_FILE, urls), (PROMETHEUS_FILE, targets)):
        files.write_durably(data_dir / file, f"{json.dumps(content, indent=1)}\n".encode())
