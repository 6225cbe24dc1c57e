"""What can be said of the containers without an engine: schema, lint, commands, settings."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: Those of our own image; the others are the two servers.
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
#: A setting that does not hold, and what is said of it, by the service; "" is any other.
WRONG = {
    "": ("STORE_TIMEZONE", "Europe/Atlantis", "not a time zone such as Europe/Paris"),
    # It reads times of events only: no store's clock.
    "events": ("IDENTITY_DAYS", "0", "Expected `int` >= 1"),
}
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__main__.py"))


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment in the clone."""
    return subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def interpolated(text: object) -> str:
    """A value as compose gives it where nothing is set: `${NAME:-default}` is the default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(text))


def test_the_compose_file_holds_against_the_schema_of_the_specification() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_has_nothing_to_say_of_the_dockerfile() -> None:
    done = run("hadolint", "Dockerfile")

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_a_room_or_locust(name: str) -> None:
    python, flag, module, *_ = OURS[name]["command"].split()

    assert (python, flag) == ("python", "-m")
    assert module in (*ROOMS, "locust")
    assert all((ROOT / path).is_file() for path in re.findall(r"\S+\.py", OURS[name]["command"]))


def test_every_worker_runs_in_a_container_of_its_own() -> None:
    commands = {service["command"] for service in OURS.values()}

    assert commands >= {
        "python -m entrypoint",
        "python -m analytics totals",
        "python -m analytics rate",
        "python -m persistence",
        "python -m persistence api",
        "python -m events worker",
        "python -m jobs scheduler",
        "python -m alerts watch",
        "python -m dashboard",
        "python -m generator steady",
    }


@pytest.mark.parametrize("name", [name for name in OURS if name != "locust"])
def test_every_command_runs_and_takes_the_settings_that_it_gets(name: str) -> None:
    service = OURS[name]
    environ = {key: interpolated(value) for key, value in service["environment"].items()}
    # The one problem is the one that is made here: all other settings hold.
    setting, value, said = WRONG.get(name, WRONG[""])
    environ |= {"PATH": os.environ["PATH"], setting: value}
    done = subprocess.run(
        [sys.executable, *service["command"].split()[1:]],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    line = f"error: {setting}={value!r}: {said}\n"
    assert (done.returncode, done.stdout, done.stderr) == (78, "", line)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    published = [str(port) for port in SERVICES[name].get("ports", [])]

    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_the_health_of_what_it_needs(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[needed]


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_the_images_of_the_servers_are_pinned_and_their_data_is_on_a_volume(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"\w+:\d+\.\d+(-management)?", service["image"])
    volumes = [volume.split(":")[0] for volume in service["volumes"]]
    assert volumes
    assert set(volumes) <= set(COMPOSE["volumes"])


def test_the_image_runs_as_a_user_without_rights_and_holds_every_room() -> None:
    text = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert users == ["10001"]
    assert {*ROOMS, "loadtest", "tillstream"} <= copied
    assert {f"!{room}" for room in copied} <= set(ignored)


def test_the_example_of_settings_names_what_the_compose_file_reads() -> None:
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert named == read
