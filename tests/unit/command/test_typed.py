"""`tillstream` as it is typed: help without settings, one line where something is wrong."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from command import exits, send
from command.app import app
from tillstream.runtime.failing import EX_CONFIG
from tillstream.runtime.settings import DoorSettings, load


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


def test_version_is_that_of_the_installed_package() -> None:
    done = CliRunner().invoke(app, ["version", "--json"])

    assert metadata.version("tillstream") == json.loads(done.output)["version"]


@pytest.mark.parametrize("words", [("status",), ("verify", "--json")])
def test_without_a_running_system_it_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    done = typed(*words, cwd=tmp_path, DATA_DIR=str(tmp_path / "none"))

    assert (done.returncode, done.stdout) == (exits.NOTHING_RUNS, "")
    assert done.stderr.startswith("error: no system has run on ")
    assert done.stderr.count("\n") == 1


def test_a_backup_is_checked_without_a_running_system(tmp_path: Path) -> None:
    done = typed("restore", "--check", "backup", cwd=tmp_path, DATA_DIR=str(tmp_path / "none"))

    said = f"error: {tmp_path / 'backup'} is no whole backup: "
    assert (done.returncode, done.stderr[: len(said)]) == (exits.FAILED, said)


def test_a_file_of_users_that_nobody_named_is_a_setting_that_is_missing(tmp_path: Path) -> None:
    done = typed("users", "list", cwd=tmp_path, USERS_FILE="")

    said = "error: name the file: --file users.toml, or USERS_FILE in the environment\n"
    assert (done.returncode, done.stderr) == (EX_CONFIG, said)


def test_options_that_another_one_leaves_without_effect_are_refused() -> None:
    done = CliRunner().invoke(app, ["recount", "--streams", "--from", "archive"])

    assert done.exit_code == 2
    assert "leave --from and --wait out" in done.output


def test_streams_and_keys_need_no_running_system_and_have_json(tmp_path: Path) -> None:
    def answer(*words: str) -> list[dict[str, object]]:
        done = typed(*words, cwd=tmp_path, DATA_DIR="data")
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    made = typed("keys", "add", "till", "--store", "17", cwd=tmp_path, DATA_DIR="data")
    streams, keys = answer("streams", "--json"), answer("keys", "list", "--json")

    assert made.returncode == 0
    assert "shop" in [stream["stream"] for stream in streams]
    assert [(key["name"], key["stores"]) for key in keys] == [("till", ["17"])]


def test_a_room_without_its_packages_says_so_in_one_line() -> None:
    root = Path(__file__).parents[3]
    rooms = sorted(path.parent.name for path in root.glob("*/__main__.py"))
    for room in rooms:
        # -S leaves the environment's packages out, as another Python does.
        done = subprocess.run(
            [sys.executable, "-S", "-m", room],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert (room, done.returncode, done.stderr.count("\n")) == (room, 78, 1)
        assert "tillstream COMMAND" in done.stderr


def test_the_door_is_where_its_port_says_unless_its_url_is_given() -> None:
    moved = {"ENTRYPOINT_PORT": "3100"}
    elsewhere = {**moved, "ENTRYPOINT_URL": "http://door:1"}

    assert load(DoorSettings, moved).door_url() == "http://localhost:3100"
    assert load(DoorSettings, elsewhere).door_url() == "http://door:1"


def test_a_file_is_sent_in_bodies_of_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "BODY_BYTES", 4)
    file = tmp_path / "views.csv"
    file.write_text("head\n1111\n2222\n3\n")

    assert list(send.bodies(file, send.CSV, whole=False)) == [
        b"head\n1111\n",
        b"head\n2222\n",
        b"head\n3\n",
    ]
    assert list(send.bodies(file, send.CSV, whole=True)) == [file.read_bytes()]


def test_no_row_of_a_csv_is_divided_within_its_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "BODY_BYTES", 4)
    file = tmp_path / "notes.csv"
    file.write_text('h\n"a\nb""\nc"\n1111\n2\n')

    assert list(send.bodies(file, send.CSV, whole=False)) == [
        b'h\n"a\nb""\nc"\n',
        b"h\n1111\n",
        b"h\n2\n",
    ]


@pytest.mark.parametrize("room", ["keys", "users", "receivers"])
def test_a_wrong_word_of_a_room_is_told_as_it_was_typed(room: str, tmp_path: Path) -> None:
    done = typed(room, "nonsense", cwd=tmp_path)

    assert done.returncode == 2
    assert f"usage: tillstream {room} [" in done.stderr
