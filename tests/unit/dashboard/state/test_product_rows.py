"""Products against their usual: the same hours, what falls, what rises, what is new."""

from datetime import date
from zoneinfo import ZoneInfo

from dashboard.state import product_rows
from dashboard.state.product_hours import UsualHours
from dashboard.state.product_rows import NOTHING, Comparison, Mean
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, HourFigures, ProductFigures, StoreFigures

DAY = date(2026, 11, 21)
PARIS = BusinessDay(ZoneInfo("Europe/Paris"))
HOURS = ["07", "08"]


def chain(**hours: dict[str, tuple[int, int]]) -> StoreFigures:
    """`h07={"B": (gross, units)}`."""
    figures = StoreFigures()
    for name, products in hours.items():
        figures.hours[name[1:]] = HourFigures(1)
        for code, (gross, units) in products.items():
            line = Figures(1, units, gross, gross)
            figures.product_hours.setdefault(name[1:], {})[code] = line
            known = figures.products.setdefault(code, ProductFigures(name=f"{code}!"))
            known.gross_minor += gross
            known.units_milli += units
            known.last = 8.0
    return figures


def test_the_usual_is_the_mean_of_the_days_on_which_the_chain_sold_by_the_same_hours() -> None:
    today = chain(h07={"B": (100, 1000)}, h09={"B": (900, 9000)})
    days = [
        chain(h07={"B": (300, 3000)}, h09={"B": (5000, 50_000)}),
        # It sold, but not of this.
        chain(h07={"C": (10, 1000)}),
        # It was closed.
        StoreFigures(),
    ]
    found = product_rows.by_hours(today, days, HOURS)
    [row, other] = product_rows.rows(today.products, found, {"C": "Cake"}, {"B", "C"})

    assert ("hours", {"B": Mean(150, 1500), "C": Mean(5, 500)}) == (found.way, found.usual)
    assert (1000, 100, 1000, 150, 1500) == (
        *(row.gross, row.compared, row.compared_units),
        *(row.usual, row.usual_units),
    )
    assert ("C", "Cake", 0, None, 0, 5) == (
        *(other.code, other.name, other.gross),
        *(other.last, other.compared, other.usual),
    )


def test_without_a_usual_day_or_an_hour_that_is_over_nothing_is_compared() -> None:
    today = chain(h07={"B": (100, 1000)})
    [row] = product_rows.rows(today.products, NOTHING, {}, None)

    assert NOTHING == product_rows.by_hours(today, [StoreFigures()], HOURS)
    assert NOTHING == product_rows.by_hours(today, [today], [])
    assert (None, None, False) == (row.compared, row.usual, row.new)
    assert [] == product_rows.falling([row]) + product_rows.rising([row])


def test_of_some_stores_the_usual_day_is_scaled_by_what_of_the_product_is_sold_by_now() -> None:
    hours = UsualHours(
        [chain(h07={"B": (0, 3000), "C": (0, 1000)}, h17={"B": (0, 1000), "C": (0, 3000)})], PARIS
    )
    whole = {"B": Mean(4000, 40), "C": Mean(4000, 40), "N": Mean(800, 8)}
    noon = product_rows.scaled(whole, hours, 12)
    middle = product_rows.scaled(whole, hours, 7.5)

    # Of N the chain has no hours: it is scaled as all together.
    assert {"B": Mean(3000, 30), "C": Mean(1000, 10), "N": Mean(400, 4)} == noon.usual
    assert Mean(1500, 15) == middle.usual["B"]
    assert NOTHING == product_rows.scaled({}, hours, 12)


def test_falling_and_rising_are_by_amount_and_returns_fall() -> None:
    usual = {"A": Mean(1000, 1), "B": Mean(500, 1), "C": Mean(100, 1), "S": Mean(70, 1)}
    products = {
        "A": ProductFigures(1, 1, 900, 900),
        "B": ProductFigures(1, -1, -100, -100),
        "C": ProductFigures(1, 1, 350, 350),
        "N": ProductFigures(1, 1, 990, 990),
        "S": ProductFigures(1, 1, 70, 70),
    }
    rows = product_rows.rows(products, Comparison("scaled", usual), {}, {"A", "B", "C", "S"})

    assert (["B", "A"], ["C"]) == (product_rows.falling(rows), product_rows.rising(rows))
    assert ["N"] == [row.code for row in rows if row.new]


def test_products_of_stores_add_up_and_have_the_newest_name() -> None:
    one, other = (
        StoreFigures(
            products={"B": ProductFigures(2, 2000, 500, 400, last, name)},
            other_products=Figures(1, 1000, 30, 20),
        )
        for last, name in ((9.0, "New"), (5.0, "Old"))
    )
    products, rest = product_rows.together([one, other])

    assert {"B": ProductFigures(4, 4000, 1000, 800, 9.0, "New")} == products
    assert 60 == rest.gross_minor
    assert 500 == one.products["B"].gross_minor
