"""Blocks of code in the pages of the documentation."""

import re
from pathlib import Path

EXCHANGES = Path(__file__).resolve().parents[2] / "docs" / "exchanges.md"


def blocks(language: str) -> dict[str, str]:
    """The blocks of docs/exchanges.md in one language, by what stands behind it."""
    found = re.findall(
        rf"^```{language} ([\w -]+)\n(.*?)^```$", EXCHANGES.read_text(), re.MULTILINE | re.DOTALL
    )
    return dict(found)
