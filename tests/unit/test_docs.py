"""The documentation names every setting, and only what exists."""

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from analytics.settings import AnalyticsSettings
from dashboard.settings import DashboardSettings
from entrypoint.settings import EntrypointSettings
from local.settings import LocalSettings
from persistence.api.settings import ArchiveApiSettings
from persistence.parquet.settings import ParquetSettings
from persistence.seal.settings import SealSettings
from persistence.settings import PersistenceSettings
from tillstream.receipt import Receipt
from tillstream.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted((ROOT / "docs").rglob("*.md"))

KINDS: list[type[Settings]] = [
    AnalyticsSettings,
    ArchiveApiSettings,
    DashboardSettings,
    EntrypointSettings,
    LocalSettings,
    ParquetSettings,
    PersistenceSettings,
    SealSettings,
]


def links(page: Path) -> list[str]:
    """What a page links to in this repository."""
    return re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_names_every_setting(kind: type[Settings]) -> None:
    names = {field.name.upper() for field in fields(kind)}

    named = {name for name in names if f"`{name}`" in README}

    assert names == named


def test_the_readmes_receipt_keeps_the_contract() -> None:
    found = re.search(r"-d '(\{.*?\})'", README, re.DOTALL)
    assert found is not None

    receipt = msgspec.convert(json.loads(found[1]), Receipt)

    assert 2.64 == receipt.document_total.gross_total


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("*.md")), *PAGES], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [link for link in links(page) if not (page.parent / link).exists()]

    assert [] == missing


def test_the_picture_of_the_house_is_what_the_code_gives() -> None:
    done = subprocess.run([ROOT / "script" / "house_map.py", "--check"], check=False)

    assert 0 == done.returncode


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / link).resolve() for link in links(index)}

    assert set() == set(PAGES) - named - {index}


def test_the_tour_of_a_receipt_has_six_files_that_are_read_at_one_sitting() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    tour = text.partition("## Follow a receipt")[2].partition("\n## ")[0]
    files = re.findall(r"^\d\. `(.+?\.py)`", tour, re.MULTILINE)

    lengths = [len((ROOT / file).read_text().splitlines()) for file in files]

    assert 6 == len(files)
    assert max(lengths) <= 200
