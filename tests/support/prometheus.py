"""Debian's Prometheus on a running system, with the project's own rules."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.ports import free_port
from local.settings import ROOT
from tests.support.waiting import wait_until

RULES = ROOT / "deploy" / "prometheus"

#: As deploy/prometheus/prometheus.yml, each second.
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}/recording.yml, {rules}/alerts.yml]
scrape_configs:
  - job_name: tillstream
    file_sd_configs: [{{files: [{targets}]}}]
"""


#: Debian's package is 100 MB with what it needs, so that script/bootstrap leaves it out.
INSTALLED = shutil.which("prometheus") is not None


class Prometheus:
    """Asks a server for what it knows."""

    def __init__(self, url: str) -> None:
        self.url = url

    def up(self) -> dict[str, float]:
        """Whether each component answers."""
        return self.query("up", "component")

    def query(self, expression: str, label: str) -> dict[str, float]:
        """The values of an expression now, by a label."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=5)
        found = answer.json()["data"]["result"]
        return {each["metric"].get(label, ""): float(each["value"][1]) for each in found}

    def firing(self) -> set[tuple[str, str]]:
        """Alerts that fire: their names and components."""
        alerts = httpx.get(f"{self.url}/api/v1/alerts", timeout=5).json()["data"]["alerts"]
        return {
            (each["labels"]["alertname"], each["labels"].get("component", ""))
            for each in alerts
            if each["state"] == "firing"
        }


@contextmanager
def prometheus(data_dir: Path, folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that watches the local run on `data_dir`; its own data goes to `folder`."""
    folder.mkdir()
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(rules=RULES, targets=data_dir / "prometheus.json"))
    port = free_port()
    arguments = {
        "config.file": config,
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
        "log.level": "error",
    }
    command = ["prometheus", *(f"--{name}={value}" for name, value in arguments.items())]
    with subprocess.Popen(command, cwd=folder) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(url), 30, "Prometheus")
            yield Prometheus(url)
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
