"""What can be said of the containers without an engine: schema, lint, commands, settings.

`script/containers` builds and runs them.
"""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tillstream.runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: Those of our own image; the others are the two servers.
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("tillstream")}
#: Of those, what is run as a room; Spark's own worker is not.
ROOMS_RUN = {name: each for name, each in OURS.items() if name != "spark-worker"}
#: A setting that does not hold, and what is said of it, by the service; "" is any other.
WRONG = {
    "": ("STORE_TIMEZONE", "Europe/Atlantis", "not a time zone such as Europe/Paris"),
    # It reads times of events only: no store's clock.
    "events": ("IDENTITY_DAYS", "0", "it is a whole number, at least 1; for example 400"),
    "spark-windows": ("IDENTITY_DAYS", "0", "it is a whole number, at least 1; for example 400"),
}
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__main__.py"))
EXAMPLE = (ROOT / ".env.example").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCK = (ROOT / "uv.lock").read_text()
#: Settings that the image or the compose file has fixed: where things are inside.
FIXED = {
    *("DATA_DIR", "AMQP_URL", "MONGO_URL", "ENTRYPOINT_URL"),
    *("ENTRYPOINT_HOST", "DASHBOARD_HOST", "ARCHIVE_API_HOST"),
    *("WATCH_HOST", "WATCH_PORT", "SPARK_MASTER"),
}
#: Those of `.env` that no process reads: what compose itself needs.
OF_COMPOSE = {
    *("RABBITMQ_PASSWORD", "MONGO_PASSWORD", "CONFIG_DIR", "VERSION", "REVISION"),
    *(
        "PYTHON_IMAGE",
        "RABBITMQ_IMAGE",
        "MONGO_IMAGE",
        "SPARK_IMAGE",
        "ALERT_TARGET_DEFAULT",
        # Of vendors' APIs: the definitions name them.
        *("RECEIVER_SQUARE_TOKEN", "RECEIVER_SQUARE_BASE"),
    ),
}
#: Classes of settings of commands that are run in a service's container, by the service.
CLASSES = {
    "entrypoint": ["entrypoint.settings.EntrypointSettings"],
    "totals": ["analytics.settings.VerifySettings"],
    "rate": ["analytics.settings.AnalyticsSettings"],
    "persistence": [
        "persistence.settings.PersistenceSettings",
        "persistence.backup.settings.BackupSettings",
        "persistence.tiers.settings.TiersSettings",
        "persistence.parquet.settings.SqlSettings",
    ],
    "events": [
        "events.settings.EventsSettings",
        "events.report.command.ReportSettings",
    ],
    "connectors": ["connectors.settings.ConnectorsSettings"],
    "jobs": [
        "jobs.settings.JobsSettings",
        "analytics.settings.VerifySettings",
        "events.settings.EventsSettings",
        "persistence.seal.settings.SealSettings",
    ],
    "alerts": ["alerts.settings.AlertsSettings"],
    "archive-api": ["persistence.api.settings.ArchiveApiSettings"],
    "dashboard": ["dashboard.settings.DashboardSettings"],
    "spark-receipts": ["spark.receipts.settings.ReceiptsSettings"],
    "spark-windows": ["events.settings.EventsSettings", "spark.settings.QuerySettings"],
    "generator": [
        "generator.__main__.GeneratorSettings",
        "generator.shop.commands.ShopSettings",
        "generator.streams_run.StreamsRunSettings",
        "generator.track.TrackSettings",
    ],
}


def kind_of(name: str) -> type[Settings]:
    """A class of settings by its full name."""
    module, _, attribute = name.rpartition(".")
    kind: type[Settings] = getattr(importlib.import_module(module), attribute)
    return kind


def names_of(kind: type[Settings]) -> set[str]:
    """The variables that it is read from."""
    return {field.name.upper() for field in fields(kind)}


def kinds() -> Iterator[type[Settings]]:
    """Every class of settings that is run in a container."""
    for names in CLASSES.values():
        yield from map(kind_of, names)


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
    return "" if text is None else re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(text))


def test_the_compose_file_holds_against_the_schema_of_the_specification() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_has_nothing_to_say_of_the_dockerfile() -> None:
    done = run("hadolint", "Dockerfile")

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", ROOMS_RUN)
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


@pytest.mark.parametrize("name", [name for name in ROOMS_RUN if name != "locust"])
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

    image = interpolated(service["image"])
    assert re.fullmatch(r"(apache/)?\w+:\d+\.\d+(\.\d+)?(-management)?", image)
    if name == "spark-master":
        # What it knows its workers and drivers tell it again.
        return
    sources = [volume.split(":")[0] for volume in service["volumes"]]
    volumes = [source for source in sources if not source.startswith("./")]
    assert volumes
    assert set(volumes) <= set(COMPOSE["volumes"])


def test_the_image_runs_as_a_user_without_rights_and_holds_every_room() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert users == ["10001:10001"]
    assert {f"!{room}" for room in (*ROOMS, "loadtest", "tillstream")} <= set(ignored)


def test_the_image_is_built_once() -> None:
    builds = [each["build"]["target"] for each in SERVICES.values() if "build" in each]

    assert builds == ["app", "load", "spark"]


def test_the_image_of_spark_has_the_version_of_the_lock() -> None:
    [locked] = re.findall(r'^name = "pyspark"\nversion = "(.+)"$', LOCK, re.MULTILINE)
    said = re.findall(r"apache/spark:([\w.]+)", DOCKERFILE + COMPOSE_TEXT + EXAMPLE)

    assert len(said) == 4
    assert {locked} == set(said)


@pytest.mark.parametrize("name", SERVICES)
def test_memory_tasks_rights_and_logs_are_bounded(name: str) -> None:
    service = SERVICES[name]
    bounds = service["mem_limit"], service["pids_limit"], service["logging"]["options"]["max-size"]

    assert all(bounds)
    assert (["ALL"], ["no-new-privileges:true"]) == (service["cap_drop"], service["security_opt"])


def test_no_setting_of_the_image_is_passed_without_a_value() -> None:
    # Docker takes such a one out of the image's environment.
    of_image = set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE))
    empty = {
        name
        for service in ROOMS_RUN.values()
        for name, value in service["environment"].items()
        if value is None
    }

    assert empty & of_image == set()


def test_every_class_of_settings_of_a_room_is_known_here() -> None:
    rooms = set(ROOMS) - {"command", "local", "loadtest"}
    declared = {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}.{name}"
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        for name in re.findall(r"^class (\w+Settings)\(", path.read_text(), re.MULTILINE)
    }
    bases = {f"{base.__module__}.{base.__name__}" for kind in kinds() for base in kind.__mro__}

    assert declared - bases == set()


@pytest.mark.parametrize("name", CLASSES)
def test_a_service_gets_every_setting_that_its_commands_read(name: str) -> None:
    read = set().union(*(names_of(kind_of(kind)) for kind in CLASSES[name]))
    # Inside, its port is always the same.
    ports = {setting for setting in read if setting.endswith("_PORT")}
    wanted = read - ports - FIXED

    assert wanted - SERVICES[name]["environment"].keys() == set()


def test_the_example_of_settings_names_all_that_are_read_and_nothing_else() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    read = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))
    for service in SERVICES.values():
        passed = service.get("environment", {})
        read |= {name for name, value in passed.items() if value is None}
    settings = set().union(*map(names_of, kinds()))

    assert named == read
    assert (settings - FIXED) | OF_COMPOSE == named


def test_the_example_of_settings_shows_the_defaults() -> None:
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    defaults = {
        field.name.upper(): field.default
        for kind in kinds()
        for field in fields(kind)
        if isinstance(field.default, int | float | str | Path) and field.default != ""
    }
    # The image says json, for programs.
    defaults["LOG_FORMAT"] = "json"
    texts = {
        name: str(default).lower()
        if isinstance(default, bool)
        else f"{default:g}"
        if isinstance(default, float)
        else str(default)
        for name, default in defaults.items()
    }

    assert {name: texts[name] for name in texts.keys() - FIXED} == {
        name: shown[name] for name in texts.keys() - FIXED
    }
