"""The rules for Prometheus: their figures exist, their pages exist, promtool finds them right."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
ROOMS = ("alerts", "analytics", "dashboard", "entrypoint", "events", "jobs", "persistence")
#: What histograms have beside their names.
ENDINGS = ("_bucket", "_count", "_sum")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool comes with Debian's prometheus"
)


def in_code() -> set[str]:
    """The names of all figures, as /metrics has them."""
    names: set[str] = set()
    for room in (*ROOMS, "tillstream"):
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text()
            names |= set(re.findall(r'"(tillstream_[a-z_]+)"', text))
            # prometheus_client gives its counters their ending.
            counters = re.findall(r'Counter\(\s*"(tillstream_[a-z_]+)"', text)
            names = (names - set(counters)) | {f"{name}_total" for name in counters}
    return names


def used(text: str) -> set[str]:
    """The names of figures in a text."""
    found = set(re.findall(r"\btillstream_[a-z_]+\b", text))
    return {re.sub(rf"(?:{'|'.join(ENDINGS)})$", "", name) for name in found}


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
