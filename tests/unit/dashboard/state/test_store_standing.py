"""A store beside its usual: the same hours, what is at zero, and what stands first."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.state.store_standing import FAR, NOTHING, Sold, Standing, moment, standing, usual_of
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures
from tillstream.stores import Store

CALENDAR = BusinessDay(ZoneInfo("Europe/Paris"), 4)
#: A Saturday; the hours until ten are over.
NOW = datetime(2026, 11, 28, 10, 40, tzinfo=CALENDAR.zone).timestamp()
ALWAYS, HOUR = -math.inf, 3600.0


def hours(**gross: int) -> dict[str, Figures]:
    """Of two receipts each."""
    return {name[1:]: Figures(2, 2_000, cents, cents) for name, cents in gross.items()}


USUAL = [hours(h08=10_000, h10=5_000, h17=99_000), hours(h08=20_000)]


def at_ten(
    sold: dict[str, Figures] | None = None,
    before: list[dict[str, Figures]] | None = None,
    opened: float | None = ALWAYS,
    store: Store = Store("7"),  # noqa: B008 - it cannot be changed
) -> Standing:
    at = moment(CALENDAR, NOW)
    today = NOTHING if sold is None else Sold(sold, NOW - 60)
    return standing(
        store, at, opened, today, usual_of(USUAL if before is None else before, at.over)
    )


def test_a_store_is_compared_by_the_hours_that_are_over_and_its_revenue_is_all_of_it() -> None:
    found = at_ten(hours(h08=12_000, h10=7_000))

    assert ("10:00", 19_000, 12_000, 15_000) == (
        found.until,
        found.gross,
        found.compared,
        found.usual,
    )
    assert (4, NOW - 60, -3_000) == (found.receipts, found.last, found.order)


def test_before_the_first_hour_is_over_nothing_is_compared() -> None:
    early = datetime(2026, 11, 28, 4, 30, tzinfo=CALENDAR.zone).timestamp()
    at = moment(CALENDAR, early)
    found = standing(Store("7"), at, ALWAYS, NOTHING, usual_of(USUAL, at.over))

    assert ("", None, "open", FAR) == (found.until, found.usual, found.state, found.order)


@pytest.mark.parametrize(
    ("sold", "before", "opened", "state"),
    [
        (hours(h08=1), None, ALWAYS, "open"),
        (None, None, ALWAYS, "zero"),
        (None, [hours(h17=99_000)], ALWAYS, "open"),
        (None, [], ALWAYS, "new"),
        (None, None, NOW - HOUR, "zero"),
        (None, [], NOW - HOUR, "zero"),
        (None, None, NOW - 1_700, "open"),
        (hours(h08=1), None, None, "closed"),
        (None, None, None, "closed"),
        (hours(h08=1), [{}], NOW - HOUR, "new"),
    ],
)
def test_a_store_is_at_zero_only_when_it_should_have_sold(
    sold: dict[str, Figures] | None,
    before: list[dict[str, Figures]] | None,
    opened: float | None,
    state: str,
) -> None:
    assert state == at_ten(sold, before, opened).state


def test_a_store_whose_returns_outweigh_its_sales_is_behind_and_not_at_zero() -> None:
    found = at_ten(hours(h08=-2_500))

    assert ("open", -2_500, -2_500, -17_500) == (
        found.state,
        found.gross,
        found.compared,
        found.order,
    )


def test_zero_stores_stand_first_then_those_furthest_behind_then_those_without_a_usual() -> None:
    small = [hours(h08=100)]
    found = {
        "new": at_ten(hours(h08=1), []),
        "ahead": at_ten(hours(h08=90_000)),
        "small zero": at_ten(None, small),
        "behind": at_ten(hours(h08=1_000)),
        "zero": at_ten(),
        "closed": at_ten(hours(h08=2_000), opened=None),
    }

    assert ["zero", "small zero", "behind", "closed", "ahead", "new"] == sorted(
        found, key=lambda name: found[name].order
    )


def test_a_store_is_shown_by_its_name_and_its_place() -> None:
    found = at_ten(store=Store("7", "Lyon Bellecour", "Rhône", (45.76, 4.83)))

    assert ("7", "Lyon Bellecour", "Rhône", 45.76, 4.83) == found[:5]
