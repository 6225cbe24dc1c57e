"""Spans of days: weeks and months over year ends, the running month against a shorter one."""

from datetime import date

import pytest

from dashboard.state.day_spans import (
    MAX_DAYS,
    Comparison,
    Range,
    Span,
    between,
    comparisons,
    running,
)
from dashboard.state.day_spans import groups as grouped


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("name", "today", "first"),
    [
        ("30d", "2026-03-01", "2026-01-31"),
        ("week", "2026-01-01", "2025-12-29"),
        ("week", "2026-11-30", "2026-11-30"),
        ("month", "2024-02-29", "2024-02-01"),
        ("quarter", "2026-12-31", "2026-10-01"),
        ("year", "2026-01-01", "2026-01-01"),
    ],
)
def test_a_named_range_ends_today(name: Range, today: str, first: str) -> None:
    actual = running(name, date.fromisoformat(today))

    assert span(first, today) == actual


def test_weeks_are_of_iso_over_the_end_of_a_year() -> None:
    actual = [
        (group.key, group.span.number)
        for group in grouped(span("2026-12-26", "2027-01-11"), "week")
    ]

    assert [("2026-W52", 2), ("2026-W53", 7), ("2027-W01", 7), ("2027-W02", 1)] == actual


def test_months_are_cut_by_the_range_and_know_a_leap_day() -> None:
    actual = [
        (group.key, group.span.number)
        for group in grouped(span("2023-12-31", "2024-03-01"), "month")
    ]

    assert [("2023-12", 1), ("2024-01", 31), ("2024-02", 29), ("2024-03", 1)] == actual


def test_every_day_is_a_group_also_where_clocks_change() -> None:
    actual = [group.key for group in grouped(span("2026-10-24", "2026-10-26"), "day")]

    assert ["2026-10-24", "2026-10-25", "2026-10-26"] == actual


@pytest.mark.parametrize(
    ("over", "now", "before"),
    [
        ("2026-11-28", ("2026-11-01", "2026-11-28"), ("2026-10-01", "2026-10-28")),
        # February is shorter: of both its 28 days.
        ("2026-03-31", ("2026-03-01", "2026-03-28"), ("2026-02-01", "2026-02-28")),
        ("2024-03-31", ("2024-03-01", "2024-03-29"), ("2024-02-01", "2024-02-29")),
        ("2027-01-02", ("2027-01-01", "2027-01-02"), ("2026-12-01", "2026-12-02")),
    ],
)
def test_a_month_is_compared_with_as_many_days_of_the_month_before(
    over: str, now: tuple[str, str], before: tuple[str, str]
) -> None:
    actual = comparisons(date.fromisoformat(over))[0]

    assert (
        Comparison("month", "last month", "same number of days", span(*now), span(*before))
        == actual
    )


@pytest.mark.parametrize("over", ["2024-02-29", "2025-02-28", "2027-01-01", "2026-11-29"])
def test_weeks_and_years_are_compared_by_the_same_weekdays(over: str) -> None:
    found = [
        each for each in comparisons(date.fromisoformat(over)) if each.basis == "same weekdays"
    ]

    weekdays = [
        [[day.weekday() for day in each.days()] for each in (found.now, found.before)]
        for found in found
    ]
    assert ["last year", "last week", "last year"] == [each.than for each in found]
    assert [now for now, _ in weekdays] == [before for _, before in weekdays]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-02-30", "2026-03-01", "days like"),
        ("2026-W48-7", "2026-12-01", "days like"),
        ("20261129", "2026-12-01", "days like"),
        ("2026-03-02", "2026-03-01", "after"),
        ("2020-01-01", "2026-01-01", str(MAX_DAYS)),
        ("0001-01-01", "0001-01-02", "1900"),
    ],
)
def test_a_range_that_is_none_says_why(first: str, last: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        between(first, last)
