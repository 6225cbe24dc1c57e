"""The daily run: once a day, made up once when it was missed, again with backoff when it failed."""

import itertools
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from persistence.tiers.schedule import (
    FIRST_BACKOFF,
    LONGEST_BACKOFF,
    backoff,
    daily,
    following,
    latest,
)

PARIS = ZoneInfo("Europe/Paris")
AT = time(4, 30)


def paris(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()


class Night(threading.Event):
    """A stop whose waits take no time: they move its clock, and set it at `until`."""

    def __init__(self, begin: float, until: float) -> None:
        super().__init__()
        self.now = begin
        self._until = until

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        if self.now >= self._until:
            self.set()
        return self.is_set()


def runs(begin: str, until: str, finished: float | None, *, failing: int = 0) -> list[float]:
    """When the job was called; the first `failing` calls do not come to an end."""
    night = Night(paris(begin), paris(until))
    called: list[float] = []
    ended = finished

    def job() -> None:
        nonlocal ended
        called.append(night.now)
        if len(called) > failing:
            ended = night.now

    daily(job, lambda: ended, AT, PARIS, lambda: night.now, night)
    return called


def test_a_run_begins_each_day_at_its_time() -> None:
    found = runs("2026-11-28 12:00", "2026-12-01 12:00", paris("2026-11-28 04:30"))

    assert [paris(f"2026-{day} 04:30") for day in ("11-29", "11-30", "12-01")] == [
        pytest.approx(each, abs=1) for each in found
    ]


def test_runs_that_were_missed_are_made_up_by_one_at_the_start() -> None:
    begin = "2026-11-28 12:00"

    assert [paris(begin)] == runs(begin, "2026-11-29 01:00", paris("2026-11-20 04:30"))
    assert [paris(begin)] == runs(begin, "2026-11-29 01:00", None)
    assert [] == runs(begin, "2026-11-29 01:00", paris("2026-11-28 05:00"))


def test_a_run_that_fails_is_tried_again_with_longer_waits() -> None:
    called = runs("2026-11-28 12:00", "2026-11-29 01:00", None, failing=4)

    waits = [after - before for before, after in itertools.pairwise(called)]
    assert 5 == len(called)
    for failures, waited in enumerate(waits, 1):
        assert FIRST_BACKOFF * 2 ** (failures - 1) / 2 <= waited
        assert waited <= FIRST_BACKOFF * 2 ** (failures - 1) + 1
    assert LONGEST_BACKOFF / 2 <= backoff(1_000) <= LONGEST_BACKOFF


def test_the_time_is_that_of_the_wall_clock_also_where_clocks_change() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        before = paris(f"{day} 00:30")
        for at in (time(2, 30), AT):
            due = following(before, at, PARIS)

            assert due > before
            assert due == latest(due, at, PARIS)
            assert timedelta(hours=25) >= datetime.fromtimestamp(due, UTC) - datetime.fromtimestamp(
                latest(due - 1, at, PARIS), UTC
            )
