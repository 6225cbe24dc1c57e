"""Ctrl-C ends a command in silence, also before it can say what the signal does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tillstream.runtime import interrupt


def test_ctrl_c_ends_a_room_in_silence_while_it_loads(tmp_path: Path) -> None:
    loading = 'import sys\nprint("loading", flush=True)\nsys.stdin.read()\n'
    (tmp_path / "slow_room.py").write_text(loading)
    command = [sys.executable, "-m", interrupt.ROOM_PROCESS, "slow_room", "words"]
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        begun = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert ("loading\n", "", -signal.SIGINT) == (begun, said, process.returncode)
