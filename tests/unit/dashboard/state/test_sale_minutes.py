"""The day's line is by the time of sale, whenever and in whatever order receipts came."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.model import Model
from dashboard.state.sale_minutes import SaleMinutes, Sold
from tests.support.snapshots import ZONE, breakdowns, count
from tillstream.clock import BusinessDay

CALENDAR = BusinessDay(ZoneInfo(ZONE))
DAY = date(2026, 11, 21)
MIDNIGHT = int(CALENDAR.starts(DAY).timestamp())
TEN = MIDNIGHT + 10 * 3600

#: Minute of sale since midnight, until ten, to its cents and receipts.
sales = st.dictionaries(
    st.integers(0, 599),
    st.tuples(st.integers(-500, 10**6), st.integers(1, 9)),
    min_size=1,
    max_size=20,
)


def total(sold: dict[int, Sold], until: float) -> Sold:
    found = [each for minute, each in sold.items() if MIDNIGHT + 60 * minute <= until]
    return sum(gross for gross, _ in found), sum(receipts for _, receipts in found)


def by_hour(sold: dict[int, Sold]) -> dict[str, Sold]:
    hours: dict[str, Sold] = {}
    for minute, (gross, receipts) in sold.items():
        name = f"{datetime.fromtimestamp(MIDNIGHT + 60 * minute, CALENDAR.zone):%H}"
        known = hours.get(name, (0, 0))
        hours[name] = (known[0] + gross, known[1] + receipts)
    return hours


def told(
    sold: dict[int, Sold], archived: dict[int, Sold] | None, read_at: int = TEN
) -> SaleMinutes:
    line = SaleMinutes(CALENDAR.zone)
    line.begin(DAY, CALENDAR)
    line.hours(by_hour(sold))
    line.count(TEN, total(sold, TEN))
    if archived is not None:
        minutes = {MIDNIGHT + 60 * minute: each for minute, each in archived.items()}
        line.read(float("-inf"), float("inf"), minutes, read_at)
    return line


@given(sales)
def test_the_sum_at_each_minute_is_what_was_sold_until_then(sold: dict[int, Sold]) -> None:
    points = told(sold, sold).points()

    assert [total(sold, minute or 0) for minute, _, _ in points] == [point[1:] for point in points]
    assert TEN == points[-1][0]


@given(sales, st.sets(st.integers(0, 599)))
def test_what_the_archive_lacks_stands_in_the_hour_of_its_sale(
    sold: dict[int, Sold], lacking: set[int]
) -> None:
    archived = {minute: each for minute, each in sold.items() if minute not in lacking}
    line = told(sold, archived or None, read_at=MIDNIGHT)

    running = {minute: (gross, receipts) for minute, gross, receipts in line.points()}

    ends = [MIDNIGHT + 3600 * hour - 60 for hour in range(1, 11)]
    assert {end: total(sold, end) for end in ends if end in running} == {
        end: running[end] for end in ends if end in running
    }


def test_a_bulk_of_late_receipts_is_drawn_where_it_was_sold_and_nowhere_else() -> None:
    """All of the morning comes at ten: nothing of it is drawn at ten."""
    board = Model(CALENDAR, TEN)
    board.take(count(TEN - 300, 0, 0), TEN - 300)
    board.take(count(TEN, 60_000, 20), TEN)
    board.take(breakdowns(TEN, hour={"07": 20_000, "08": 40_000}), TEN)
    board.tick(TEN)

    at = {point[0]: point[1] for point in board.frame(1, TEN, whole=True).minutes}

    seven, eight, nine = (MIDNIGHT + 3600 * hour for hour in (7, 8, 9))
    assert [0, 20_000, 60_000, 60_000, 60_000] == [
        at.get(minute, 0) for minute in (seven - 60, eight - 60, nine - 60, TEN - 60, TEN)
    ]


def test_a_dashboard_that_starts_anew_draws_the_line_of_one_that_ran() -> None:
    """One that saw all of the morning come at ten, and one that read it from the archive."""
    archived = {MIDNIGHT + 479 * 60: (20_000, 8), MIDNIGHT + 539 * 60: (40_000, 12)}
    ran, anew = Model(CALENDAR, TEN), Model(CALENDAR, TEN)
    ran.take_history(DAY, {}, {}, {}, TEN - 301)
    ran.take(count(TEN - 300, 0, 0), TEN - 300)
    anew.take_history(DAY, archived, {}, {}, TEN)
    for board in (ran, anew):
        board.take(count(TEN, 60_000, 20), TEN)
        board.take(breakdowns(TEN, hour={"07": 20_000, "08": 40_000}), TEN)
    ran.take_sold(DAY, MIDNIGHT, TEN, archived, TEN)

    lines = [board.frame(1, TEN, whole=True).minutes for board in (ran, anew)]

    assert lines[0] == lines[1]
    at = {minute: gross for minute, gross, _ in lines[0]}
    assert (20_000, 20_000, 60_000) == (at[MIDNIGHT + 479 * 60], at[MIDNIGHT + 538 * 60], at[TEN])


def test_a_ledger_that_is_behind_takes_nothing_from_what_was_sold() -> None:
    line = SaleMinutes(CALENDAR.zone)
    line.begin(DAY, CALENDAR)
    line.hours({"09": (500, 1)})
    line.read(MIDNIGHT, TEN, {MIDNIGHT + 480 * 60: (600, 1), MIDNIGHT + 540 * 60: (500, 1)}, TEN)
    drawn = {int(point[0] or 0): point[1:] for point in line.points()}

    assert [(600, 1), (600, 1), (1_100, 2)] == [
        drawn[MIDNIGHT + minute * 60] for minute in (480, 539, 540)
    ]


def test_viewers_see_the_line_that_was_redrawn() -> None:
    board = Model(CALENDAR, TEN)
    board.take(count(TEN, 60_000, 20), TEN)
    board.take(breakdowns(TEN, hour={"07": 20_000, "08": 40_000}), TEN)
    board.tick(TEN)
    seen = {point[0]: point for point in board.frame(1, TEN, whole=True).minutes}
    board.take(count(TEN + 1, 70_000, 30), TEN + 1)
    board.take(breakdowns(TEN + 1, hour={"07": 20_000, "08": 40_000, "06": 10_000}), TEN + 1)
    board.tick(TEN + 1)

    seen |= {point[0]: point for point in board.frame(2, TEN + 1, whole=False).minutes}

    whole = board.frame(2, TEN + 1, whole=True).minutes
    assert whole == [seen[minute] for minute in sorted(seen, key=lambda minute: minute or 0)]


def test_what_differs_is_read_again_and_no_more_once_it_agrees() -> None:
    missing = {MIDNIGHT + 60 * 130: (700, 2)}
    line = told({60: (500, 1), 130: (700, 2)}, {60: (500, 1)})
    wanted = [line.wanted(TEN)]

    first, end = wanted[0] or (0, 0)
    news = [line.read(first, end, missing, TEN)]
    wanted.append(line.wanted(TEN))
    news.append(line.read(first, end, missing, TEN))

    assert [(MIDNIGHT + 7200.0, MIDNIGHT + 10800.0), None] == wanted
    assert [True, False] == news
