"""The rules for Prometheus: their figures exist, their pages exist, promtool finds them right."""

import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.figure_names import in_code, needs_promtool, used

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"


def test_rules_and_pages_speak_of_figures_that_there_are() -> None:
    written = [*FOLDER.glob("*.yml"), *(ROOT / "docs" / "runbooks").glob("*.md")]

    assert {} == {
        file.name: gone for file in written if (gone := used(file.read_text()) - in_code())
    }


def test_the_page_lists_every_figure() -> None:
    assert in_code() == used((ROOT / "docs" / "watching.md").read_text())


def test_every_alert_has_a_page_that_says_what_to_do() -> None:
    groups = YAML(typ="safe").load((FOLDER / "alerts.yml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"]]
    pages = {each["alert"]: ROOT / each["annotations"]["runbook"] for each in alerts}

    assert [] == [name for name, page in pages.items() if not page.exists()]
    assert {"critical", "warning"} == {each["labels"]["severity"] for each in alerts}


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [["check", "rules", "alerts.yml", "recording.yml"], ["test", "rules", "alerts_test.yml"]],
)
def test_promtool_finds_the_rules_right(command: list[str]) -> None:
    done = subprocess.run(
        ["promtool", *command], cwd=FOLDER, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
