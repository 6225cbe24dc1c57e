"""Grafana's boards: made by the script, of figures that there are, in a form that Grafana reads."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from ruamel.yaml import YAML

from tests.support.figure_names import needs_promtool, used

ROOT = Path(__file__).resolve().parents[3]
GRAFANA = ROOT / "deploy" / "grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


def board(path: Path) -> dict[str, Any]:
    """As Grafana reads it."""
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def panels() -> Iterator[dict[str, Any]]:
    """Those of every board that show something."""
    for path in BOARDS:
        yield from (each for each in board(path)["panels"] if each["type"] != "row")


def queries() -> list[str]:
    """PromQL of every panel."""
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_the_boards_are_those_that_the_script_makes() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "script" / "grafana.py", "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_every_figure_of_a_board_is_on_the_page_of_figures() -> None:
    page = used((ROOT / "docs" / "watching.md").read_text())
    others = ("up{", "process_cpu_seconds_total", "process_resident_memory_bytes")

    assert set() == used("\n".join(queries())) - page
    assert [] == [
        each for each in queries() if not used(each) and not any(name in each for name in others)
    ]


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: str(path.stem))
def test_the_sdk_of_grafana_knows_every_field(path: Path) -> None:
    """What its models do not know is lost when they read a board."""
    register_default_plugins()
    read = board(path)

    assert read == json.loads(json.dumps(Dashboard.from_json(board(path)), cls=JSONEncoder))


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: str(path.stem))
def test_panels_have_numbers_of_their_own_and_do_not_lie_upon_each_other(path: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for each in board(path)["panels"]:
        place = each["gridPos"]
        across = range(place["x"], place["x"] + place["w"])
        cells = {(x, y) for x in across for y in range(place["y"], place["y"] + place["h"])}
        assert across.stop <= 24
        assert not taken & cells, each["title"]
        taken |= cells
    numbers = [each["id"] for each in board(path)["panels"]]

    assert len(numbers) == len(set(numbers))


def test_rates_span_four_scrapes() -> None:
    """The source has to know how often Prometheus asks: `$__rate_interval` comes from it."""
    yaml = YAML(typ="safe")
    sources = yaml.load((GRAFANA / "provisioning/datasources/tillstream.yml").read_text())
    prometheus = yaml.load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

    assert (prometheus["global"]["scrape_interval"], "prometheus") == (
        sources["datasources"][0]["jsonData"]["timeInterval"],
        sources["datasources"][0]["type"],
    )


@needs_promtool
def test_promtool_reads_every_query(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "1m")}
        for number, query in enumerate(queries())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "boards", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", file], capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
