"""Temporary folders outlive nobody."""

import subprocess
import sys
from pathlib import Path

import pytest

from tillstream.runtime.scratch import scratch_folder

HOLDS_ONE = """
from tillstream.runtime.scratch import scratch_folder
with scratch_folder() as folder:
    print(folder, flush=True)
    input()
"""


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def held() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS_ONE],
            env={"TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    living, theirs = held()
    killed, left = held()
    (left / "spilled").write_bytes(b"receipts")
    killed.kill()
    killed.communicate(timeout=10)
    with scratch_folder() as ours:
        during = set(tmp_path.iterdir())
    living.communicate("\n", timeout=10)

    assert {ours, theirs} == during
    assert set() == set(tmp_path.iterdir())
