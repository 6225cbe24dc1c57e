"""Sums of days: months that are held follow their days; what has no figures says why."""

from datetime import date, timedelta

import pytest

from dashboard.state.day_spans import Span, comparisons
from dashboard.state.day_sums import Heat, MonthSums, StoreSums, added, of_day, ranked
from dashboard.state.days_answer import Days
from tillstream.day_figures import DayTotals, Figures, HourFigures, ProductFigures, StoreFigures


def day_of(gross: int, store: str = "1") -> DayTotals:
    figures = Figures(1, 1_000, gross, gross)
    return DayTotals({"day": {"": figures}, "store": {store: figures}, "product": {"a": figures}})


def test_held_months_give_what_adding_up_every_day_gives_also_after_a_late_receipt() -> None:
    first = date(2026, 1, 15)
    totals = {
        (first + timedelta(days=place)).isoformat(): day_of(place, str(place % 3))
        for place in range(60)
    }
    sums = MonthSums()
    sums.summed(totals)
    totals["2026-01-31"] = day_of(99_999, "7")

    actual = sums.summed(totals)

    assert added([each.breakdowns for each in totals.values()]) == actual


def test_the_sums_of_a_day_stay_as_they_are() -> None:
    totals = {"2026-01-01": day_of(5), "2026-01-02": day_of(7)}

    MonthSums().summed(totals)

    assert day_of(5) == totals["2026-01-01"]


def test_some_stores_together_are_the_sum_of_theirs() -> None:
    totals = DayTotals({"store": {each: Figures(1, 0, 10 ** int(each), 0) for each in "123"}})

    assert Figures(2, 0, 1_010, 0) == of_day(frozenset({"1", "3", "9"}))(totals)


def test_the_largest_are_named_and_the_rest_is_kept() -> None:
    sums = {
        "a": Figures(1, 0, 5),
        "b": Figures(1, 0, 9),
        "*": Figures(1, 0, 2),
        "c": Figures(1, 0, -1),
    }

    actual = [(key, figures.gross_minor) for key, figures in ranked(sums, 1)]

    assert [("b", 9), ("*", 6)] == actual


def test_a_cell_of_the_heat_map_is_an_exact_sum_and_the_days_that_sold() -> None:
    heat = Heat()
    monday = date(2026, 11, 23)
    heat.take(monday, {"08": Figures(1, 0, 101), "09": Figures(1, 0, 7)})
    heat.take(monday + timedelta(weeks=1), {"08": Figures(1, 0, 100)})
    # One that was closed is no day to divide by.
    heat.take(monday + timedelta(weeks=2), {})

    assert [(0, "08", 201, 2), (0, "09", 7, 2)] == heat.cells()


def test_store_days_add_up_by_name_and_a_day_that_runs_has_no_mean_hour() -> None:
    figures = StoreFigures(
        hours={"08": HourFigures(2, 2_000, 300, 280)},
        categories={"08": {"Pain": Figures(2, 2_000, 300, 280)}},
        products={"p": ProductFigures(2, 2_000, 300, 280, last=1.0, name="Baguette")},
        other_products=Figures(1, 1_000, 5, 5),
    )
    sums = StoreSums()
    sums.take(date(2026, 11, 23), figures, over=True)
    sums.take(date(2026, 11, 24), figures, over=False)

    assert ({"Pain": Figures(4, 4_000, 600, 560)}, {"p": "Baguette"}) == (
        sums.categories,
        sums.names,
    )
    assert ({"p": 600, "*": 10}, [(0, "08", 300, 1)]) == (
        {key: each.gross_minor for key, each in sums.products.items()},
        sums.heat.cells(),
    )


OPEN, TODAY = date(2026, 11, 29), date(2026, 11, 30)


def days(first_received: str | None = "2026-11-20") -> Days:
    totals = {"2026-11-19": day_of(3), "2026-11-26": day_of(500), "2026-11-30": day_of(7)}
    received = {"2026-11-25"}
    return Days(totals, of_day(None), received, first_received, OPEN, TODAY)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-11-18", "unknown"),
        ("2026-11-19", "whole"),
        ("2026-11-24", "none"),
        ("2026-11-25", "missing"),
        ("2026-11-26", "whole"),
        ("2026-11-29", "open"),
        ("2026-11-30", "open"),
        ("2026-12-01", "future"),
    ],
)
def test_a_day_without_figures_says_why(day: str, state: str) -> None:
    assert state == days().state(day)


def test_without_a_receipt_at_hand_no_day_is_said_to_have_had_none() -> None:
    assert "unknown" == days(None).state("2026-11-24")


def test_a_week_that_lacks_a_day_says_so_and_is_not_compared() -> None:
    found = days()
    [row] = found.grouped(Span(date(2026, 11, 23), date(2026, 11, 29)), "week")
    week = found.compared(comparisons(date(2026, 11, 28))[2])

    assert ("missing", 1, 500) == (row.state, row.sold, row.amounts[0])
    assert (None, None) == (week.now, week.before)
