"""Loads on a whole private system: each ends with its reconciliation, and by it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from loadtest.bench.private import System, running_system
from local.ports import kept_ports
from local.settings import ROOT
from tests.conftest import missing
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream.errors import ServerNotReadyError


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    if shutil.which("rabbitmq-server") is None:
        missing("no rabbitmq-server on the PATH: run script/bootstrap")
    try:
        with running_system(("entrypoint", "totals", "persistence")) as running:
            yield running
    except ServerNotReadyError as error:
        missing(str(error))


def start(system: System, *options: str) -> "subprocess.Popen[str]":
    """What script/load starts; with a load it is headless."""
    headless = ("--headless", "--only-summary") if "--load" in options else ()
    common = (*headless, "--stop-timeout", "60", "--host", system.entrypoint)
    return subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", *common, *options],
        cwd=ROOT,
        env=system.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    ("options", "receipts"),
    [
        (("--load", "burst", "--count", "300"), "300 receipts"),
        (("--load", "steady", "--rate", "20", "--seconds", "3"), "receipts"),
        (("--load", "ramp", "--most", "600"), "receipts"),
    ],
)
def test_every_load_ends_with_the_same_figures_everywhere(
    system: System, options: tuple[str, ...], receipts: str
) -> None:
    process = start(system, *options)
    out, _ = process.communicate(timeout=120)

    assert 0 == process.returncode, out
    lines = out[out.index("reconciled\n") :].splitlines()[1:4]
    said = [line.split(maxsplit=1)[1] for line in lines]

    assert [said[0]] * 3 == said
    assert receipts in said[0]


def test_the_page_offers_every_load_and_each_run_ends_reconciled(
    system: System, tmp_path: Path
) -> None:
    port = kept_ports(tmp_path / "ports.json", ("page",))["page"]
    page = f"http://127.0.0.1:{port}"
    process = start(system, "--class-picker", "--web-host", "127.0.0.1", "--web-port", str(port))

    def reconciled() -> int:
        return str(httpx.get(f"{page}/logs").json()).count("reconciled\\n  accepted")

    try:
        wait_until(lambda: answers(f"{page}/"), 30, "the page")
        for number, load in enumerate(("Burst", "Day"), 1):
            form = {"shape_class": load, "count": "100", "rate": "10", "seconds": "2"}
            said = httpx.post(f"{page}/swarm", data=form).json()

            assert said["success"], said
            wait_until(lambda: reconciled() >= number, 60, f"the end of {load}")  # noqa: B023
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=60)

    assert 0 == process.returncode, out
    assert "100 receipts" in out
    assert "NOT RECONCILED" not in out


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def test_a_receipt_that_the_run_did_not_send_fails_it(system: System) -> None:
    process = start(system, *STEADY, "--catch-up", "2")
    assert process.stdout is not None
    for line in process.stdout:
        if "spawned" in line or "Ramping" in line:
            break
    date = f"{system_day(system)} 00:00:01"
    httpx.post(f"{system.entrypoint}/receipt", json=receipt(1, storeID="other", date=date))
    out, _ = process.communicate(timeout=200)

    assert 1 == process.returncode
    assert "NOT RECONCILED" in out


#: Long enough for somebody else's receipt to come in its middle.
STEADY = ("--load", "steady", "--rate", "5", "--seconds", "4")


def system_day(system: System) -> str:
    """Today, as the stores have it."""
    zone = system.environ.get("STORE_TIMEZONE", "Europe/Paris")
    return f"{datetime.now(ZoneInfo(zone)):%Y-%m-%d}"


def test_without_servers_the_run_says_what_is_missing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("empty")
    environ = {**os.environ, "DATA_DIR": str(folder), "AMQP_URL": "", "MONGO_URL": ""}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--headless"),
            *("--host", "http://127.0.0.1:9", "--load", "steady", "--seconds", "1"),
        ],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 1 == done.returncode
    assert "start script/server, or set AMQP_URL and MONGO_URL" in done.stdout
