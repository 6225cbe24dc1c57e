"""What a job is."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jobs import cron


@dataclass(frozen=True)
class Job:
    """A command that runs by the clock."""

    name: str
    #: As declared: the words after `python -m`.
    command: tuple[str, ...]
    #: Five fields.
    cron: str
    zone: ZoneInfo
    #: Longest time of an attempt.
    limit_seconds: float
    #: Attempts after the first.
    retries: int
    #: Before the first retry, at most; it doubles with each.
    backoff_seconds: float
    enabled: bool = True

    def times(self, after: float) -> Iterator[float]:
        """Its times after `after`, Unix seconds."""
        return cron.times(self.cron, self.zone, after)
