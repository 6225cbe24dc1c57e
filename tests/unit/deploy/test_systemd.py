"""The systemd units: what systemd itself says of them, and that every process has one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
SYSTEMD = ROOT / "deploy" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
#: Of ten; systemd calls everything below 2 "OK".
MOST_EXPOSURE = 2.0


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they are installed, on a machine whose /opt/tillstream is this clone."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") or os.environ.get("REQUIRE_SERVERS"):
            pytest.fail("systemd-analyze is missing: script/bootstrap --test")
        pytest.skip("no systemd-analyze")
    folder = tmp_path / "units"
    shutil.copytree(SYSTEMD, folder)
    for path in (*folder.glob("*.service"), *folder.glob("*/*.conf")):
        path.write_text(path.read_text().replace("/opt/tillstream", str(ROOT)))
    return folder


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze about the units of a folder."""
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def found(pattern: str, unit: Path) -> list[str]:
    """What a pattern finds in the lines of a unit."""
    return re.findall(pattern, unit.read_text(), re.MULTILINE)


def test_systemd_has_nothing_to_say_of_the_units(installed: Path) -> None:
    units = [str(path) for path in installed.iterdir() if path.suffix in {".service", ".target"}]
    ours = ("tillstream", str(installed))

    done = analyze(installed, "verify", "--man=no", *units)

    told = [line for line in done.stderr.splitlines() if any(name in line for name in ours)]
    assert [] == told
    assert 0 == done.returncode


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardened_by_what_all_have(unit: Path, installed: Path) -> None:
    done = analyze(installed, "security", "--offline=yes", "--no-pager", str(installed / unit.name))
    told = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)

    assert told, done.stdout + done.stderr
    assert float(told[1]) <= MOST_EXPOSURE


def test_every_process_of_the_compose_file_has_a_unit() -> None:
    compose = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    expected = {
        f"tillstream-{name}": str(service["command"])
        for name, service in compose.items()
        if name not in {"mongo", "rabbitmq"} and "profiles" not in service
    }
    start = r"^ExecStart=/opt/tillstream/\.venv/bin/(.*)$"
    commands = {path.stem: found(start, path) for path in UNITS}

    assert {name: [command] for name, command in expected.items()} == commands


def test_no_two_units_are_watched_on_one_port() -> None:
    port = r"^Environment=WATCH_PORT=(\d+)$"
    ports = [each for path in UNITS for each in found(port, path)]

    assert len(UNITS) - 3 == len(set(ports)) == len(ports)
