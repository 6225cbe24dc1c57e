"""The day against others: by the same hours that are over, and what is not known is no zero."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.comparisons import CHOICES, Comparisons, choices, compared, wanted_days
from dashboard.state.model import Model
from tests.support.snapshots import ZONE, breakdowns, count
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures

DAY = date(2026, 11, 21)
CALENDAR = BusinessDay(ZoneInfo(ZONE))
OVER = ["07", "08", "09"]
HALF_PAST_TEN = datetime(2026, 11, 21, 10, 30, tzinfo=CALENDAR.zone).timestamp()

hours = st.dictionaries(
    st.integers(0, 23).map(lambda hour: f"{hour:02d}"),
    st.builds(Figures, st.integers(1, 99), st.integers(0, 9_999), st.integers(-99, 10**6)),
    min_size=1,
)


def sold(cents: int) -> dict[str, Figures]:
    return {hour: Figures(1, 2_000, cents, cents // 2) for hour in ("08", "09", "10")}


def test_the_days_are_yesterday_last_week_four_same_weekdays_and_364_days_ago() -> None:
    assert {
        "yesterday": ["2026-11-20"],
        "week": ["2026-11-14"],
        "usual": ["2026-11-14", "2026-11-07", "2026-10-31", "2026-10-24"],
        "year": ["2025-11-22"],
    } == choices(DAY)


def test_a_year_ago_is_the_same_weekday() -> None:
    days = [
        date.fromisoformat(each)
        for name in ("week", "usual", "year")
        for each in choices(DAY)[name]
    ]

    assert {DAY.weekday()} == {each.weekday() for each in days}


@given(hours, hours, st.integers(0, 24))
def test_both_sides_are_the_sums_of_the_same_hours(
    today: dict[str, Figures], earlier: dict[str, Figures], now: int
) -> None:
    over = [f"{hour:02d}" for hour in range(now)]

    row = compared(DAY, today, {"2026-11-20": earlier}, over)["against"][0]

    def gross(day: dict[str, Figures]) -> int:
        return sum(each.gross_minor for hour, each in day.items() if int(hour) < now)

    assert ("yesterday", gross(today), gross(earlier)) == (row[0], row[4][0], row[5][0])
    assert (f"{now % 24:02d}:00" if now else "") == row[1]


def test_a_day_without_figures_is_named_and_counts_in_no_mean() -> None:
    past = {"2026-11-14": sold(100), "2026-11-07": {}, "2026-10-24": sold(300)}

    panels = compared(DAY, sold(500), past, OVER)

    found = {row[0]: row[3:] for row in panels["against"]}
    today = (1_000, 500, 2, 4_000)
    assert {
        "yesterday": ((), today, (0, 0, 0, 0)),
        "week": (("2026-11-14",), today, (200, 100, 2, 4_000)),
        "usual": (("2026-11-14", "2026-10-24"), today, (800, 400, 4, 8_000)),
        "year": ((), today, (0, 0, 0, 0)),
    } == found
    assert [("08", 200), ("09", 200), ("10", 200)] == panels["before-usual"]
    assert [] == panels["before-year"]


def test_nothing_is_compared_before_the_earlier_days_are_read() -> None:
    board = Model(CALENDAR, HALF_PAST_TEN)
    board.take(count(HALF_PAST_TEN), HALF_PAST_TEN)
    board.take(breakdowns(HALF_PAST_TEN, hour={"09": 1_000}), HALF_PAST_TEN)
    board.tick(HALF_PAST_TEN)
    unread = board.frame(1, HALF_PAST_TEN, whole=True)
    board.take_past(DAY, dict.fromkeys(wanted_days(DAY), sold(1_000)))
    board.tick(HALF_PAST_TEN + 1)
    read = board.frame(2, HALF_PAST_TEN + 1, whole=True)

    assert "against" not in unread.panels
    assert ["10:00"] * len(CHOICES) == [row[1] for row in read.panels["against"] or []]
    # Of the usual 3,000 two thirds were usual by ten; a thousand is there, at 1,600 of 2,600.
    assert ("16.15", [("10:00", 1_615, 1_615, 1_615, 4, 28)]) == (
        read.values["expected"],
        read.panels["forecast"],
    )


def test_days_that_were_read_for_another_day_are_not_taken() -> None:
    board = Model(CALENDAR, HALF_PAST_TEN)
    board.take(breakdowns(HALF_PAST_TEN, hour={"09": 1_000}), HALF_PAST_TEN)
    board.take_past(date(2026, 11, 20), {"2026-11-19": sold(1)})
    board.tick(HALF_PAST_TEN)

    assert "against" not in board.frame(1, HALF_PAST_TEN, whole=True).panels


def test_the_rest_of_the_day_rises_to_what_is_expected_in_its_usual_shape() -> None:
    comparisons = Comparisons(CALENDAR)
    comparisons.take(dict.fromkeys(wanted_days(DAY), sold(1_000)))

    panels = comparisons.panels(DAY, breakdowns(HALF_PAST_TEN, hour={"08": 1_000, "09": 1_000}))

    eleven = datetime(2026, 11, 21, 11, tzinfo=CALENDAR.zone).timestamp()
    assert [(eleven, 3_000)] == panels["ahead"]


def test_what_the_running_hour_has_sold_is_part_of_its_usual() -> None:
    comparisons = Comparisons(CALENDAR)
    usual = sold(1_000) | {"11": Figures(1, 2_000, 1_000, 500)}
    comparisons.take(dict.fromkeys(wanted_days(DAY), usual))

    running = breakdowns(HALF_PAST_TEN, hour={"08": 1_000, "09": 1_000, "10": 900})
    crowded = breakdowns(HALF_PAST_TEN, hour={"08": 1_000, "09": 1_000, "10": 1_800})

    # At 11 and at 12, of 4,000; but never less than is sold.
    assert [3_000, 4_000] == [row[1] for row in comparisons.panels(DAY, running)["ahead"]]
    assert [3_800, 4_000] == [row[1] for row in comparisons.panels(DAY, crowded)["ahead"]]
