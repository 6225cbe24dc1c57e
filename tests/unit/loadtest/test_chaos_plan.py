"""Which faults are chosen: all kinds before one comes again, the same for the same seed."""

from collections import Counter

import pytest

from loadtest.chaos.plan import ALARMS, HOWS, LONGEST_HOLD, PROGRAMS, SHORTEST_HOLD, faults

EVERY_KIND = {
    *(f"{target} {how}" for target in PROGRAMS for how in HOWS),
    *(f"{alarm} raise" for alarm in ALARMS),
    *("clock jump", "segments delete", "full fill"),
}


def test_all_has_every_kind_once_before_one_comes_again() -> None:
    times = Counter(fault.name for fault in faults(["all"], "all", 2 * len(EVERY_KIND), seed=1))

    assert dict.fromkeys(EVERY_KIND, 2) == dict(times)


@pytest.mark.parametrize(
    ("targets", "how", "expected"),
    [
        (["totals"], "kill", ["totals kill", "totals kill"]),
        (["totals", "totals"], "kill", ["totals kill", "totals kill"]),
        (["alarm"], "kill", ["alarm raise", "alarm raise"]),
        (["unbind"], "all", ["unbind delete", "unbind delete"]),
    ],
)
def test_targets_and_how_choose(targets: list[str], how: str, expected: list[str]) -> None:
    assert expected == [fault.name for fault in faults(targets, how, 2, seed=1)]


def test_the_order_is_the_seeds() -> None:
    once, again, other = (faults(["all"], "all", 23, seed=seed) for seed in (1, 1, 2))

    assert (True, False) == (once == again, once == other)


def test_only_what_does_not_end_by_itself_is_held() -> None:
    held = {fault.how for fault in faults(["all", "unbind"], "all", 100, seed=1) if fault.hold}
    holds = [fault.hold for fault in faults(["totals"], "stop", 100, seed=1)]

    assert {"stop", "raise", "jump", "fill"} == held
    assert SHORTEST_HOLD <= min(holds) <= max(holds) <= LONGEST_HOLD
