"""How a process of a run ended."""

from typing import NamedTuple


class Ended(NamedTuple):
    """State and exit status, negative for a signal; the newest lines of what it wrote."""

    state: str
    exit_status: int | None
    lines: list[str]
    #: Lines before them.
    cut: int = 0
    reason: str = ""
