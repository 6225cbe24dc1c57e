"""The words of a command, with what stands for its time and the data folder. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

#: What may stand in braces: the time of the run by the job's wall clock, as 2026-11-29T0430, and
#: DATA_DIR.
PLACES = ("at", "data_dir")
_PLACE = re.compile(r"\{([^{}]*)\}")


def unknown_places(words: Iterable[str]) -> list[str]:
    """What stands in braces and means nothing."""
    return [place for word in words for place in _PLACE.findall(word) if place not in PLACES]


def filled(words: Iterable[str], at: datetime, data_dir: Path) -> list[str]:
    """The words of a run; `at` is in the job's zone."""
    values = {"at": f"{at:%Y-%m-%dT%H%M}", "data_dir": str(data_dir)}
    return [_PLACE.sub(lambda found: values[found[1]], word) for word in words]
