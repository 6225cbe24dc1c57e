"""What can be said of the Kubernetes manifests without a cluster: valid, and by our rules.

checkov says more, and needs 290 MB of packages: docs/kubernetes.md has its command.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerts.settings import AlertsSettings
from analytics.settings import AnalyticsSettings, VerifySettings
from connectors.settings import ConnectorsSettings
from dashboard.settings import DashboardSettings
from entrypoint.settings import EntrypointSettings
from events.settings import EventsSettings
from jobs.settings import JobsSettings
from persistence.api.settings import ArchiveApiSettings
from persistence.backup.settings import BackupSettings
from persistence.tiers.settings import TiersSettings
from tillstream.runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("outside", "operators")
#: The first version that has all that is used here (`preStop.sleep`), and the newest one known.
VERSIONS = ("1.30", "1.37")
#: Kinds of operators: no schema of theirs comes with a package.
OF_OPERATORS = {"MongoDBCommunity", "RabbitmqCluster", "ScaledObject", "TriggerAuthentication"}
#: Settings that a manifest gives, or a Secret.
GIVEN = {
    *("AMQP_URL", "MONGO_URL", "DATA_DIR", "WATCH_HOST", "WATCH_PORT", "ENTRYPOINT_URL"),
    *("ENTRYPOINT_HOST", "ENTRYPOINT_PORT", "DASHBOARD_HOST", "DASHBOARD_PORT"),
    *("ARCHIVE_API_HOST", "ARCHIVE_API_PORT"),
    *("SEAL_KEY", "API_KEY", "DASHBOARD_USER", "DASHBOARD_PASSWORD"),
    *("USER_HEADER_SECRET",),
}
KINDS: tuple[type[Settings], ...] = (
    *(AlertsSettings, AnalyticsSettings, ArchiveApiSettings, BackupSettings, ConnectorsSettings),
    *(
        DashboardSettings,
        EntrypointSettings,
        EventsSettings,
        JobsSettings,
        TiersSettings,
        VerifySettings,
    ),
)
#: One process at a time: another one of these waits for a lock, or says everything twice.
SINGLE = {"alerts", "rate", "state"}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment."""
    program, *arguments = command
    return subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@cache
def rendered(overlay: str) -> str:
    """An overlay as it is applied."""
    done = run("kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay))
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def objects(overlay: str) -> tuple[dict[str, Any], ...]:
    """The objects of an overlay."""
    return tuple(YAML(typ="safe").load_all(rendered(overlay)))


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods by the name of their Deployment."""
    for each in objects("outside"):
        if each["kind"] == "Deployment":
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """The containers by name, those that run first too."""
    for pod, spec in pods():
        for one in (*spec["containers"], *spec.get("initContainers", ())):
            yield f"{pod}/{one['name']}", one


def of_kind(overlay: str, kind: str) -> list[dict[str, Any]]:
    """The objects of one kind."""
    return [each for each in objects(overlay) if each["kind"] == kind]


def variables(container: dict[str, Any]) -> dict[str, Any]:
    """The environment that a manifest gives by name."""
    return {each["name"]: each.get("value") for each in container.get("env", ())}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_keeps_the_schema_of_kubernetes(
    overlay: str, version: str, tmp_path: Path
) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(rendered(overlay))

    done = run("kubernetes-validate", "--strict", "-k", version, str(file))

    told = [line for line in (done.stdout + done.stderr).splitlines() if "INFO" not in line]
    assert [] == [line for line in told if not any(f" {kind} " in line for kind in OF_OPERATORS)]
    assert 0 == done.returncode


def test_every_pod_runs_as_nobody_and_asks_the_cluster_nothing() -> None:
    for name, spec in pods():
        safe = spec["securityContext"]

        assert (name, True, 10001) == (name, safe["runAsNonRoot"], safe["runAsUser"])
        assert safe["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        # Else a Service `entrypoint` sets ENTRYPOINT_PORT to tcp://10.0.0.1:3000.
        assert spec["enableServiceLinks"] is False


def test_every_container_is_read_only_bounded_and_without_capabilities() -> None:
    for name, one in containers():
        locked = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }

        assert (name, locked) == (name, one["securityContext"])
        assert {"cpu", "memory"} == set(one["resources"]["requests"])
        assert {"memory"} == set(one["resources"]["limits"])


def test_every_process_is_probed_where_it_listens() -> None:
    for name, spec in pods():
        for one in spec["containers"]:
            ports = {each["name"]: each["containerPort"] for each in one["ports"]}
            probes = {
                kind: one[kind]["httpGet"]
                for kind in ("startupProbe", "livenessProbe", "readinessProbe")
                if kind in one
            }
            # One that is not ready would take the archive API of its pod with it.
            with_ready = name != "state" or one["name"] == "archive-api"

            assert with_ready == ("readinessProbe" in probes)
            assert all(probe["port"] in ports for probe in probes.values())
            assert {"/health/live", "/health/ready"} >= {probe["path"] for probe in probes.values()}
            if watch := variables(one).get("WATCH_PORT"):
                assert [int(watch)] == list(ports.values())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_may_run_once_only_runs_once(overlay: str) -> None:
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(overlay, kind)
    }
    single = {
        each["metadata"]["name"]
        for each in of_kind(overlay, "Deployment")
        if each["spec"].get("strategy") == {"type": "Recreate"} and each["spec"]["replicas"] == 1
    }

    assert SINGLE == single
    assert set() == scaled & single


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_deployment_is_scaled_by_one_only(overlay: str) -> None:
    targets = [
        each["spec"]["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(overlay, kind)
    ]

    assert sorted(set(targets)) == sorted(targets)


def test_every_setting_is_in_the_config_map_or_given() -> None:
    (config,) = of_kind("outside", "ConfigMap")
    settings = {field.name.upper() for kind in KINDS for field in fields(kind)}

    assert settings - GIVEN == set(config["data"])
    assert all(
        {"configMapRef": {"name": config["metadata"]["name"]}} in one["envFrom"]
        for _, spec in pods()
        for one in spec["containers"]
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_made_and_every_url_is_a_reference(overlay: str) -> None:
    assert [] == of_kind(overlay, "Secret")
    assert "://" not in rendered(overlay).replace("http://entrypoint:3000", "").replace(
        "http://prometheus.monitoring:9090", ""
    )


def test_every_process_of_the_compose_file_has_its_container() -> None:
    compose = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    expected = {
        name: str(service["command"])
        for name, service in compose.items()
        if name not in {"mongo", "rabbitmq"} and "profiles" not in service
    }

    found = {
        one["name"]: " ".join(one["command"]) for _, spec in pods() for one in spec["containers"]
    }

    assert expected == found


def test_a_pod_may_reach_the_servers_that_it_gets_the_urls_of() -> None:
    for policy, variable in (
        ("tillstream-broker", "AMQP_URL"),
        ("tillstream-mongodb", "MONGO_URL"),
    ):
        (found,) = (
            each
            for each in of_kind("outside", "NetworkPolicy")
            if each["metadata"]["name"] == policy
        )
        (selected,) = found["spec"]["podSelector"]["matchExpressions"]
        having = {
            name
            for name, spec in pods()
            if any(variable in variables(one) for one in spec["containers"])
        }

        assert (policy, having) == (policy, set(selected["values"]))
