"""The proof of the windows is a part of `verify --streams`, and its status counts."""

import subprocess
from collections.abc import Sequence

import pytest

from analytics.commands.verify_streams import verify_streams
from tillstream.runtime import interrupt


@pytest.mark.parametrize("status", [0, 1])
def test_the_status_of_the_windows_proof_is_handed_on(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str], *, check: bool) -> "subprocess.CompletedProcess[str]":
        asked.append(command[1:])
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(subprocess, "run", run)

    assert status == verify_streams(as_json=True)
    assert [["-m", interrupt.ROOM_PROCESS, "events", "verify", "--json"]] == asked
