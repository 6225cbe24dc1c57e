"""`python -m local.demo`, that is script/demo: it fills a system, shows it, leaves nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from local import processes
from local.addresses import read_addresses
from local.settings import ROOT
from tests.support.processes import answers
from tests.support.waiting import wait_until
from tillstream.day_figures import DAY_FIGURES
from tillstream.runtime.process import EX_PORT_TAKEN

#: Two days of a small chain.
COMMAND = [sys.executable, "-m", "local.demo", "--stores", "4", "--days", "2", "--per-day", "100"]
START_SECONDS, STOP_SECONDS = 120, 40


def test_a_taken_port_is_told_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environ = os.environ | {"DASHBOARD_PORT": port, "ENTRYPOINT_PORT": port}
        ended = subprocess.run(
            COMMAND, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
        )

    assert EX_PORT_TAKEN == ended.returncode
    assert f"port {port} is taken by another program" in ended.stderr
    assert "--free-ports" in ended.stderr


def test_it_fills_opens_and_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "output"
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [*COMMAND, "--free-ports"], cwd=ROOT, env=environ, stdout=file, stderr=file
        ) as demo,
    ):
        try:
            wait_until(lambda: "Tillstream is ready" in output.read_text(), START_SECONDS, "ready")
            found = re.search(r"data and logs are in (\S+)", output.read_text())
            assert found
            folder = Path(found[1])
            given = read_addresses(folder)
            with MongoClient[dict[str, Any]](given["MONGO_URL"]) as client:
                kept = client["tillstream"][DAY_FIGURES]
                past = {"_id": {"$regex": "^[^/]+$"}}
                wait_until(lambda: kept.count_documents(past) >= 3, 60, "today and two days")
            page = f"http://127.0.0.1:{given['DASHBOARD_PORT']}/products"
            tree = psutil.Process(demo.pid).children(recursive=True)

            assert answers(page)

            demo.send_signal(signal.SIGINT)

            assert demo.wait(STOP_SECONDS) == 0
            assert not folder.exists()
            assert [] == [each for each in tree if processes.is_alive(each)]
        finally:
            if demo.poll() is None:
                demo.kill()
