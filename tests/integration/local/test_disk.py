"""A full disk: supervision outlives it, the door refuses in time, and all goes on when it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from local.addresses import read_addresses
from local.control import Control
from local.programs import SERVERS, Program
from local.settings import ROOT
from local.supervisor import Supervisor
from tests.integration.local.test_run import READY, START_SECONDS, environ, running
from tests.support.receipts import receipt
from tests.support.small_disk import small_disk
from tests.support.waiting import wait_until

__all__ = ["environ"]

MIB = 1 << 20
CHATTER = (
    "import itertools, time\n"
    "for n in itertools.count(): print('line', n, 'x' * 200, flush=True); time.sleep(0.002)"
)


def test_supervision_outlives_a_full_disk_and_logs_again_after_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        script = tmp_path / "chatter.py"
        script.write_text(CHATTER)
        chatter = Program("chatter", (sys.executable, str(script)), {}, SERVERS)
        log = disk.path / "log" / "chatter.log"
        with Supervisor(disk.path, [chatter]) as supervisor:
            wait_until(lambda: log.exists() and log.stat().st_size > 1000, 20, "the output")
            disk.fill()
            full = log.stat().st_size
            first = supervisor.control.statuses()["chatter"].pid
            os.kill(first, signal.SIGKILL)
            second = wait_until(
                lambda: _pid_beside(supervisor, first), 20, "the program to run again"
            )
            # Its own log, and the program's, have to be written meanwhile.
            wait_until(lambda: disk.free() == 0, 20, "a disk that is full")
            supervisor.require_running()

            disk.release()
            wait_until(lambda: log.stat().st_size > full + 1000, 20, "the output after it")
            assert supervisor.control.statuses()["chatter"].pid == second


def _pid_beside(supervisor: Supervisor, old: int) -> int | None:
    status = supervisor.control.statuses()["chatter"]
    return status.pid if status.state == "RUNNING" and status.pid != old else None


def test_a_system_whose_disk_was_full_goes_on_by_itself_and_lost_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    door = f"http://127.0.0.1:{environ['ENTRYPOINT_PORT']}"
    output = tmp_path / "output"
    with small_disk(tmp_path / "disk", 1024) as disk:
        data_dir = disk.path / "data"
        settings = environ | {"DATA_DIR": str(data_dir), "MIN_FREE_DISK_BYTES": str(200 * MIB)}
        with running(settings, output) as process, httpx.Client(base_url=door, timeout=15) as till:
            wait_until(
                lambda: READY in output.read_text() or process.poll() is not None,
                START_SECONDS,
                "the ready line",
            )
            accepted = _send(till, 1, 50)
            assert len(accepted) == 50

            # 1. Below the threshold: refused, with the reason, before anything breaks.
            disk.fill(left=150 * MIB)
            reason = "the disk of DATA_DIR has less than 200 MiB free"
            ready = wait_until(lambda: _unready(till), 10, "a door that is not ready")
            refused = till.post("/receipt", json=receipt(100))
            assert (ready.json(), ready.headers["retry-after"]) == (
                {"component": "entrypoint", "status": "disk short", "reason": reason},
                "10",
            )
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
            assert reason[1:] in refused.json()["detail"]
            disk.release()
            wait_until(lambda: len(_send(till, 101, 1)) == 1, 20, "a receipt that is taken")
            accepted.add(101)

            # 2. Another program takes all of it, and a worker opens the log meanwhile: RabbitMQ
            # closes its streams by that. (Amid a write it may break the log, which is
            # then rebuilt from the archive: `script/chaos --kill full` does that.)
            disk.fill()
            wait_until(lambda: _unready(till), 10, "a door that is not ready")
            assert set() == _send(till, 200, 100)
            disk.fill()
            with Control(data_dir) as control:
                # It may end by itself, for want of space: it has no number until it starts again.
                old = wait_until(lambda: control.statuses()["totals"].pid, 30, "a totals worker")
                os.kill(old, signal.SIGKILL)
            assert process.poll() is None, output.read_text()
            disk.release()
            wait_until(lambda: len(_send(till, 400, 1)) == 1, 90, "a receipt that is taken again")
            accepted.add(400)

            wait_until(lambda: _verified(data_dir, settings), 90, "a verify without a difference")
            assert process.poll() is None
            process.terminate()
            assert process.wait(40) == 0
    assert len(accepted) >= 52


def _send(till: httpx.Client, first: int, count: int) -> set[int]:
    """The numbers of the receipts that were accepted."""
    accepted = set()
    for number in range(first, first + count):
        try:
            answer = till.post("/receipt", json=receipt(number))
        except httpx.TransportError:
            continue
        if answer.status_code == 202:
            accepted.add(number)
    return accepted


def _unready(till: httpx.Client) -> httpx.Response | None:
    answer = till.get("/health/ready")
    return answer if answer.status_code == 503 else None


def _verified(data_dir: Path, settings: dict[str, str]) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "analytics", "verify"],
        cwd=ROOT,
        env=settings | read_addresses(data_dir),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stdout, done.stderr)
    return done.returncode == 0
