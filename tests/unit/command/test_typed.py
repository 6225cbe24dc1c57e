"""`tillstream` as it is typed: help without settings, one line where something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from command import exits
from command.app import app


def typed(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command with an environment that has nothing of ours."""
    return subprocess.run(
        [sys.executable, "-m", "command", *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_command_has_help_with_an_example() -> None:
    runner = CliRunner()
    names = [
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    ]

    for name in names:
        done = runner.invoke(app, [name, "--help"])
        assert (name, done.exit_code) == (name, 0)
        assert f"tillstream {name}" in done.output


def test_help_lists_every_exit_status() -> None:
    done = CliRunner().invoke(app, ["--help"])

    for number, meaning in exits.MEANINGS.items():
        assert f"{number}  {meaning}" in done.output


def test_version_is_that_of_the_project() -> None:
    done = CliRunner().invoke(app, ["version", "--json"])
    project = Path(__file__).parents[3] / "pyproject.toml"

    assert f'version = "{json.loads(done.output)["version"]}"' in project.read_text()


@pytest.mark.parametrize("words", [("status",), ("verify", "--json")])
def test_without_a_running_system_it_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    done = typed(*words, cwd=tmp_path, DATA_DIR=str(tmp_path / "none"))

    assert (done.returncode, done.stdout) == (exits.NOTHING_RUNS, "")
    assert done.stderr.startswith("error: no system has run on ")
    assert done.stderr.count("\n") == 1
