"""Rows of the archive as running sums of each minute."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.archive.history import running_totals

START = 1_795_000_020 // 60 * 60


def row(minute: int, gross: int, count: int = 1) -> dict[str, Any]:
    return {
        "_id": datetime.fromtimestamp(START + 60 * minute, UTC),
        "gross": gross,
        "count": count,
    }


def test_a_minute_without_sales_keeps_the_sum() -> None:
    actual = running_totals([row(0, 600), row(2, 590)], until=START + 3 * 60 + 5)

    assert {
        START: (600, 1),
        START + 60: (600, 1),
        START + 120: (1190, 2),
        START + 180: (1190, 2),
    } == actual


def test_a_receipt_of_a_clock_that_is_ahead_counts_now() -> None:
    actual = running_totals([row(0, 600), row(500, 590)], until=START + 65)

    assert {START: (600, 1), START + 60: (1190, 2)} == actual


def test_a_day_without_sales_has_no_points() -> None:
    actual = running_totals([], until=START)

    assert {} == actual


@given(st.dictionaries(st.integers(0, 1400), st.integers(-(10**6), 10**9), min_size=1))
def test_the_last_running_sum_is_the_sum_of_all(sold: dict[int, int]) -> None:
    rows = [row(minute, gross) for minute, gross in sorted(sold.items())]

    actual = running_totals(rows, until=START + 60 * 1450)

    assert (sum(sold.values()), len(sold)) == list(actual.values())[-1]


@given(st.integers(0, 10**9))
def test_an_old_day_read_late_is_still_a_day_of_points(later: int) -> None:
    actual = running_totals([row(0, 600)], until=START + later)

    assert len(actual) <= 1500
