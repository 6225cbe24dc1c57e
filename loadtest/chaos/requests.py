"""How a body is posted to the door."""

from collections.abc import Mapping
from typing import NamedTuple


class Posted(NamedTuple):
    """One request, without its body, and the status that promises it."""

    path: str
    headers: Mapping[str, str]
    accepted: int = 202


def posted_csv(stream: str, key: str) -> Posted:
    """A body of events under its Idempotency-Key."""
    return Posted(f"/events/{stream}", {"Content-Type": "text/csv", "Idempotency-Key": key})
