"""The names of Prometheus figures: those in the code, and those that a text speaks of."""

import re
import shutil

import pytest

from local.settings import ROOT

ROOMS = (
    "alerts",
    "analytics",
    "connectors",
    "dashboard",
    "entrypoint",
    "events",
    "jobs",
    "persistence",
)
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
