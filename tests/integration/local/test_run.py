"""`python -m local`, what script/server runs: it says what is wrong, and ends whole."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local import processes
from local.control import Control
from local.lock import locked
from local.ports import is_free, kept_ports
from local.settings import ROOT
from persistence.backup.coverage import explained
from tests.support.prometheus import INSTALLED, Prometheus, prometheus
from tests.support.waiting import wait_until
from tillstream.runtime.process import EX_PORT_TAKEN

COMMAND = [sys.executable, "-m", "local", "--no-generator"]
READY = "Tillstream is ready"
#: Everything starts on a machine that also runs other tests.
START_SECONDS = 120
STOP_SECONDS = 40


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with ports and data of its own, without servers that are given."""
    taken = ("AMQP_URL", "MONGO_URL", "MONGO_DATABASE")
    mine = {name: value for name, value in os.environ.items() if name not in taken}
    ports = kept_ports(tmp_path / "test-ports.json", ("entrypoint", "dashboard", "api"))
    mine["ENTRYPOINT_PORT"] = str(ports["entrypoint"])
    mine["DASHBOARD_PORT"] = str(ports["dashboard"])
    mine["ARCHIVE_API_PORT"] = str(ports["api"])
    mine["DATA_DIR"] = str(tmp_path / "data")
    # A page behind a sign-in is ready as any other.
    mine["DASHBOARD_USER"], mine["DASHBOARD_PASSWORD"] = "baker", "flour and water"
    return mine


@contextmanager
def running(environ: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A local run in a process group of its own, as a terminal starts it; killed at the end."""
    with (
        output.open("wb") as file,
        subprocess.Popen(
            COMMAND, cwd=ROOT, env=environ, stdout=file, stderr=file, process_group=0
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def alive(tree: list[psutil.Process]) -> list[psutil.Process]:
    """Those of `tree` that still run."""
    return [process for process in tree if processes.is_alive(process)]


def an_alert_begins_and_ends(watching: Prometheus, pid: int) -> None:
    """Prometheus finds every process well, misses the one that is stopped, and finds it again."""
    gone = {("ProcessGone", "rate")}
    everybody = {"entrypoint", "totals", "rate", "persistence", "archive-api", "events", "jobs"}
    everybody |= {"alerts", "connectors", "dashboard"}
    wait_until(lambda: watching.up() == dict.fromkeys(everybody, 1.0), 30, "all to be scraped")
    wait_until(
        lambda: watching.query("tillstream_ready", "component") == dict.fromkeys(everybody, 1.0),
        30,
        "all to be ready",
    )
    assert watching.firing() == set()
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: gone <= watching.firing(), 30, "the alert")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not watching.firing() & gone, 20, "its end")


def told_dead(environ: dict[str, str]) -> set[tuple[str, str]]:
    """The programs that `tillstream status --json` knows to have died since the start, and how."""
    done = subprocess.run(
        [sys.executable, "-m", "command", "status", "--json"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    programs = json.loads(done.stdout)["programs"]
    return {
        (each["name"], each["lastDeath"]["how"])
        for each in programs
        if each["lastDeath"] is not None
    }


@pytest.mark.parametrize("variable", ["ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT"])
def test_a_taken_port_is_one_line_and_starts_nothing(
    variable: str, environ: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            env={**environ, variable: str(port)},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    line = f"error: port {port} is taken by another program; set {variable} to a free port\n"
    assert (done.returncode, done.stdout, done.stderr) == (EX_PORT_TAKEN, "", line)
    assert sorted(path.name for path in Path(environ["DATA_DIR"]).iterdir()) == ["lock"]


def test_a_second_run_on_the_same_data_is_one_line(environ: dict[str, str]) -> None:
    data_dir = Path(environ["DATA_DIR"])
    with locked(data_dir):
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    line = (
        f"error: {data_dir} is in use by another `tillstream up` (process {os.getpid()}); "
        "stop that one, or set DATA_DIR to another folder\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


# It also waits for an alert to begin and to end.
@pytest.mark.timeout(300)
def test_everything_gets_ready_survives_kills_and_ends_with_sigterm(
    environ: dict[str, str], tmp_path: Path
) -> None:
    output, data_dir = tmp_path / "output", Path(environ["DATA_DIR"])
    data_dir.mkdir(mode=0o700)  # the socket's name comes from it
    with running(environ, output) as process, Control(data_dir) as control:
        wait_until(
            lambda: READY in output.read_text() or process.poll() is not None,
            START_SECONDS,
            "the ready line",
        )
        ready_lines = [line for line in output.read_text().splitlines() if READY in line]
        assert len(ready_lines) == 1, output.read_text()

        before = control.statuses()
        if INSTALLED:
            with prometheus(data_dir, tmp_path / "prometheus") as watching:
                an_alert_begins_and_ends(watching, before["rate"].pid)
        else:
            print("no prometheus, so no alert: apt-get install --no-install-recommends prometheus")
        killed = {name: before[name].pid for name in ("totals", "entrypoint", "rabbitmq")}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: told_dead(environ) >= {(name, "terminated by SIGKILL") for name in killed},
            30,
            "`tillstream status` to name the killed programs",
        )
        for name, old in killed.items():
            wait_until(
                lambda name=name, old=old: control.statuses()[name].pid not in (0, old),  # type: ignore[misc]
                30,
                f"{name} to run again",
            )

        said = "totals has ended (terminated by SIGKILL) and is started again; its last lines:\n"
        wait_until(lambda: said in output.read_text(), 10, "who ended")
        tree = processes.descendants(process.pid)
        assert len(tree) >= len(before)
        process.terminate()
        assert process.wait(timeout=STOP_SECONDS) == 0, output.read_text()

    assert alive(tree) == []
    assert is_free(int(environ["ENTRYPOINT_PORT"]))
    data_dir = Path(environ["DATA_DIR"])
    password = (data_dir / "rabbitmq" / "password").read_text().strip()
    logs = [*(data_dir / "log").iterdir(), output]
    assert [path.name for path in logs if password in path.read_text(errors="replace")] == []
    # The folder keeps others out; what lies in it does, too.
    open_to_others = [
        path for path in (data_dir, *data_dir.rglob("*")) if path.lstat().st_mode & 0o077
    ]
    assert open_to_others == []
    files = [path.relative_to(data_dir) for path in data_dir.rglob("*") if not path.is_dir()]
    # A new kind of file belongs into a backup, or into the list of what is made anew.
    assert [str(path) for path in files if explained(str(path)) is None] == []


def test_ctrl_c_while_it_starts_ends_everything(environ: dict[str, str], tmp_path: Path) -> None:
    with running(environ, tmp_path / "output") as process:
        tree = wait_until(
            lambda: [p for p in [processes.descendants(process.pid)] if len(p) >= 4],
            START_SECONDS,
            "the servers to start",
        )[0]
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=STOP_SECONDS) == 0

    assert alive(tree) == []


def test_a_run_that_is_killed_takes_its_programs_along(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with running(environ, tmp_path / "output") as process:
        tree = wait_until(
            lambda: [p for p in [processes.descendants(process.pid)] if len(p) >= 4],
            START_SECONDS,
            "the servers to start",
        )[0]
        process.kill()
        process.wait(timeout=20)

    wait_until(lambda: alive(tree) == [], STOP_SECONDS, "every program to end by itself")
