"""The system under load while its parts are killed: nothing lost, nothing counted twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local import servers
from local.settings import ROOT
from tests.conftest import missing
from tillstream.errors import ServerNotReadyError

KILLED = ("entrypoint", "totals", "persistence", "events", "broker", "mongo")
RUN_SECONDS = 170


@pytest.mark.timeout(RUN_SECONDS + 10)
def test_whatever_is_killed_every_receipt_counts_once(tmp_path: Path) -> None:
    try:
        servers.private_broker(tmp_path).programs()
        servers.private_mongo(tmp_path).programs()
    except ServerNotReadyError as error:
        missing(str(error))
    targets = [argument for name in (*KILLED, "alarm") for argument in ("--kill", name)]
    arguments = ["--how", "kill", "--rounds", "7", "--seconds", "3", "--rate", "100"]
    file = tmp_path / "chaos.json"
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.chaos", *targets, *arguments, "--json", str(file)],
        cwd=ROOT,
        check=False,
        timeout=RUN_SECONDS,
    )
    report = json.loads(file.read_text())
    faults = {(each["target"], each["how"], each["ok"]) for each in report["rounds"]}

    assert ([], 0) == (report["problems"], done.returncode)
    assert {(name, "kill", True) for name in KILLED} | {("alarm", "raise", True)} == faults
    assert (0, 0) == (report["lost"], report["double_counted"])
    assert report["accepted"] > 7 * 3 * 50
    assert report["events"] > 1_000
    assert report["purchases"] > 100
