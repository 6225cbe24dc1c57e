"""Receipts of the whole contract and broken ones, against a whole system: every place agrees."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import servers
from local.settings import ROOT
from tests.conftest import missing
from tillstream.errors import ServerNotReadyError

RUN_SECONDS = 280


@pytest.mark.timeout(RUN_SECONDS + 10)
def test_what_is_accepted_is_the_same_in_every_place(tmp_path: Path) -> None:
    try:
        servers.private_broker(tmp_path).programs()
        servers.private_mongo(tmp_path).programs()
    except ServerNotReadyError as error:
        missing(str(error))
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.fuzz", "--receipts", "2000", "--broken", "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "every place agrees" in done.stdout
