"""When a process gives freed memory back."""

from tillstream.runtime.quiet import BUSY_CORES, Quiet


def times(shares: list[float]) -> list[bool]:
    """Whether quiet has come after each period of 10 s with such a share of a core."""
    quiet, cpu, now, found = Quiet(1.0, 100.0), 1.0, 100.0, []
    for share in shares:
        cpu, now = cpu + share * 10, now + 10
        found.append(quiet.has_come(cpu, now))
    return found


def test_quiet_comes_once_after_each_rush() -> None:
    rush, rest = BUSY_CORES * 2, BUSY_CORES / 2

    assert times([rush, rush, rest, rest, rush, rest, rest]) == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_what_a_start_has_left_is_given_back_too() -> None:
    assert times([0.0, 0.0]) == [True, False]


def test_it_never_comes_during_a_rush() -> None:
    assert not any(times([1.0] * 20))
