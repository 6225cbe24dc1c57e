"""Unavailable seconds from the moments at which a component was heard."""

import pytest

from loadtest.chaos.outage import Outage, outage

REGULAR = [number / 2 for number in range(41)]  # 0.0, 0.5 ... 20.0


def without(start: float, end: float) -> list[float]:
    return [beat for beat in REGULAR if not start < beat < end]


@pytest.mark.parametrize(
    ("beats", "lifted", "expected"),
    [
        (REGULAR, 5.0, Outage(0.0, 0.0)),
        (without(5.0, 9.0), 5.0, Outage(4.0, 4.0)),
        (without(5.0, 9.0), 8.0, Outage(4.0, 1.0)),
        # Back before the fault was lifted.
        (without(5.0, 9.0), 12.0, Outage(4.0, 0.0)),
        # Down again: both count, and the last one says when it was back.
        ([beat for beat in without(5.0, 9.0) if not 10 < beat < 13], 5.0, Outage(7.0, 8.0)),
        # Still away.
        (without(6.0, 30.0), 5.0, Outage(14.0, None)),
        ([], 5.0, Outage(15.0, None)),
        # What was before the fault is none of its.
        (without(0.0, 5.0), 5.0, Outage(0.0, 0.0)),
    ],
)
def test_silences_that_are_longer_than_allowed_count(
    beats: list[float], lifted: float, expected: Outage
) -> None:
    assert expected == outage(beats, injected=5.0, lifted=lifted, end=20.0)
