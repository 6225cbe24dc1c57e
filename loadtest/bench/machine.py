"""On what and with what a benchmark ran: commit, packages, cores, memory, load, date."""

import os
import platform
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from loadtest.bench import speed
from loadtest.bench.speed import Speed

ROOT = Path(__file__).resolve().parents[2]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What makes two results comparable, or not."""

    commit: str
    #: Whether tracked files differed from the commit; `changed` names them.
    dirty: bool
    changed: list[str]
    #: ISO 8601, UTC.
    date: str
    cores: int
    memory_mib: int
    cpu: str
    system: str
    python: str
    #: Processes that wanted a core when the run began (1 minute's average).
    load: float
    packages: dict[str, str]
    #: How fast it was before the run; results of before this was measured have none.
    speed: Speed | None = None


def here() -> Machine:
    """This machine, now."""
    changed = _git("status", "--porcelain", "--untracked-files=no").splitlines()
    return Machine(
        commit=_git("rev-parse", "--short", "HEAD").strip(),
        dirty=bool(changed),
        changed=[line[3:] for line in changed],
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cores=os.cpu_count() or 0,
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        cpu=_cpu(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
        packages={name: version(name) for name in _dependencies()},
        speed=speed.measure(),
    )


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout


def _cpu() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # "uvloop>=0.23; platform_..." is uvloop.
    return [re.split(r"[<>=;\[ ]", wanted)[0] for wanted in project["dependencies"]]
