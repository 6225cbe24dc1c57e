"""What is perhaps sold out: by a product's own rhythm, within the hours of its store."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.state.product_hours import UsualHours, place
from dashboard.state.sold_out import EXPECTED, MOST, SoldOut, StoreToday, StoreUsual, sold_out
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, ProductFigures, StoreFigures
from tillstream.opening_hours import OpeningHours, parse

PARIS = BusinessDay(ZoneInfo("Europe/Paris"), 4)
DAY = date(2026, 11, 21)
#: Ten pieces of either in each hour from 7 to 17.
EVEN = UsualHours(
    [
        StoreFigures(
            product_hours={
                f"{hour:02d}": {"B": Figures(1, 10_000), "C": Figures(1, 10_000)}
                for hour in range(7, 17)
            }
        )
    ],
    PARIS,
)


def at(hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, 21, hour, minute, tzinfo=PARIS.zone).timestamp()


def sold(last: float, receipts: int = 1) -> ProductFigures:
    return ProductFigures(receipts, receipts * 4000, 100, 100, last, "")


def store(
    products: dict[str, ProductFigures],
    usual: dict[str, float],
    opening: OpeningHours | None = None,
    name: str = "1",
) -> StoreToday:
    usually = StoreUsual(usual, sum(usual.values()))
    return StoreToday(name, products, usually, PARIS, opening, DAY)


def missing(found: SoldOut) -> list[tuple[str, float]]:
    return [(each.code, round(each.expected, 3)) for each in found.rows]


#: It sells as much as usual: a level of 1.
FULL = {"C": sold(at(12), 100)}


def test_a_product_is_missing_once_no_sale_since_its_last_is_unlikely() -> None:
    usual = {"B": 20.0, "C": 20.0}
    after = sold_out([store(FULL | {"B": sold(at(9))}, usual)], EVEN, at(12))
    before = sold_out([store(FULL | {"B": sold(at(9, 45))}, usual)], EVEN, at(12))

    # Two an hour: of three hours six, of two and a quarter four and a half.
    assert ([("B", 6.0)], []) == (missing(after), missing(before))
    assert 4.5 < EXPECTED < 4.61
    assert (2, 2) == (after.watched, before.watched)


def test_a_product_that_has_not_sold_today_is_expected_since_the_store_opened() -> None:
    [row] = sold_out([store(FULL, {"B": 20.0, "C": 20.0})], EVEN, at(12)).rows

    assert ("B", None, 0.0, 10.0, 10.0) == (row.code, row.last, row.sold, row.usual, row.expected)


def test_a_product_that_the_store_never_sold_before_is_never_missing() -> None:
    found = sold_out([store(FULL | {"N": sold(at(7))}, {"C": 20.0})], EVEN, at(12))

    assert [] == found.rows


def test_hours_in_which_the_store_is_closed_do_not_count() -> None:
    # Eight an hour while it is open, so four since half past nine; else four an hour, so ten.
    opening = parse("Mo-Su 07:00-09:30,11:30-14:00")
    products = {"C": sold(at(12), 100), "B": sold(at(9, 30))}
    usual = {"B": 40.0, "C": 40.0}
    closed = sold_out([store(products, usual, opening)], EVEN, at(12))
    always = sold_out([store(products, usual)], EVEN, at(12))

    assert ([], [("B", 10.0)]) == (missing(closed), missing(always))


def test_a_store_that_went_silent_has_nothing_that_is_sold_out_after_its_newest_sale() -> None:
    products = {"C": sold(at(9), 100), "B": sold(at(8, 30))}
    found = sold_out([store(products, {"B": 20.0, "C": 20.0})], EVEN, at(16))

    assert [] == found.rows
    assert [] == sold_out([store({}, {"B": 20.0})], EVEN, at(16)).rows


def test_less_is_expected_where_the_store_sells_less_than_usual_today() -> None:
    # By noon it usually has twenty; it has ten.
    products = {"C": sold(at(12), 9), "B": sold(at(8))}
    found = sold_out([store(products, {"B": 20.0, "C": 20.0})], EVEN, at(12))

    assert [] == found.rows


def test_what_was_given_back_makes_nothing_that_is_usual() -> None:
    hours = UsualHours(
        [StoreFigures(product_hours={"07": {"B": Figures(1, -5_000)}, "08": {"B": Figures(1, 0)}})],
        PARIS,
    )
    found = sold_out([store(FULL, {"B": -5.0, "C": -5.0})], hours, at(12))

    assert (0.0, []) == (hours.share("B", 24), found.rows)


def test_of_many_stores_the_most_expected_are_shown_and_all_are_counted() -> None:
    stores = [
        store(FULL, {"B": 20.0 + each, "C": 20.0}, name=str(each)) for each in range(MOST + 50)
    ]
    found = sold_out(stores, EVEN, at(12))

    assert (MOST + 50, MOST) == (found.number, len(found.rows))
    assert str(MOST + 49) == found.rows[0].store


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-21 04:00", 0.0),
        ("2026-11-21 03:59", 0.0),
        ("2026-11-21 12:30", 8.5),
        ("2026-11-22 03:30", 23.5),
        ("2026-11-22 04:00", 24.0),
    ],
)
def test_a_place_is_hours_since_the_cutoff(moment: str, expected: float) -> None:
    seconds = datetime.fromisoformat(moment).replace(tzinfo=PARIS.zone).timestamp()

    assert expected == place(PARIS, DAY, seconds)
