"""How far a stream has come, by its events and by the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.windows.watermark import watermark

NOW, OLD, LATENESS = 1_000_000, 1_000, 10


@pytest.mark.parametrize(
    ("before", "greatest", "heard", "clock", "reached"),
    [
        (None, None, None, NOW, None),
        # Live, and ahead of the clock.
        (None, NOW - 5, NOW, NOW, NOW - 5 - LATENESS),
        (None, NOW + 500, NOW, NOW, NOW - LATENESS),
        # Silent, until now and no further.
        (None, NOW - 5, NOW, NOW + 3, NOW - 2 - LATENESS),
        (None, NOW + 500, NOW, NOW + 3, NOW + 3 - LATENESS),
        # A replay has its own time, which goes on when it ends.
        (None, OLD, NOW, NOW, OLD - LATENESS),
        (None, OLD, NOW, NOW + 300, OLD + 300 - LATENESS),
        # A clock that was set back.
        (NOW, OLD, NOW, NOW - 100, NOW),
    ],
)
def test_the_watermark_is_the_greatest_time_and_goes_on_in_silence(
    before: int | None, greatest: int | None, heard: int | None, clock: int, reached: int | None
) -> None:
    assert reached == watermark(before, greatest, heard, clock, LATENESS)


NUMBERS = st.integers(0, 1_000)


@given(steps=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS)), lateness=NUMBERS)
def test_a_watermark_never_goes_back_nor_beyond_the_clock(
    steps: list[tuple[int, int, int]], lateness: int
) -> None:
    mark, greatest, heard, clock = None, 0, 0, 0
    for time, received, now in steps:
        greatest, heard, clock = max(greatest, time), max(heard, received), max(clock, now)
        reached = watermark(mark, greatest, heard, clock, lateness)

        assert reached is not None
        assert reached <= clock - lateness
        assert mark is None or reached >= mark
        mark = reached
