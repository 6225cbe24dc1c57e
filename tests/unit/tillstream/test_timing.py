"""Periodic work: due at once, then each period, whatever is done to the clock."""

import pytest

from tillstream.runtime.periodic import Every


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([100.0, 101.0, 102.0, 102.5, 109.0, 110.9], [True, False, True, False, True, False]),
        # Set back by a year: nothing is postponed.
        ([32e6, 100.0, 100.5, 102.0], [True, True, False, True]),
    ],
)
def test_work_is_due_at_once_and_then_once_a_period(
    times: list[float], expected: list[bool]
) -> None:
    now = times[:1]
    every = Every(2.0, lambda: now[-1])

    assert expected == [every.is_due() for _ in map(now.append, times)]
