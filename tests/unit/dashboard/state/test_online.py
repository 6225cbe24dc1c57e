"""Panels of the online shop, and what travels of them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.state.minute_sums import MinuteSums, Row, Span
from dashboard.state.online import OnlineAnswer, OnlineState
from dashboard.state.online_panels import Reading, panels, ranked, spans
from dashboard.state.online_windows import CREDITS, FAILURES, REVENUE, SOURCES
from dashboard.state.windows_heard import Heard
from tests.support.snapshots import ZONE
from tillstream.clock import BusinessDay

NOON = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
HOUR, DAY = Span(NOON - 3540, NOON + 60), Span(NOON - 39_600, NOON + 60)


def sums(*rows: tuple[int, str | None, tuple[Any, ...]]) -> MinuteSums:
    """Rows by minutes before noon."""
    made = MinuteSums(len(rows[0][2]))
    made.move({"hour": HOUR, "day": DAY})
    for place, (before, key, figures) in enumerate(rows):
        made.put(str(place), Row(NOON - 60 * before, key, figures))
    return made


def reading(more: Mapping[str, MinuteSums] | None = None, at: float = NOON) -> Reading:
    revenue = sums(
        (0, None, (Decimal("10.00001"), Decimal("1.00000002"), 2, 1, 0)),
        (5, None, (Decimal("0.10002"), Decimal("0.1"), 1, 1, 2)),
        (90, None, (Decimal("5.5"), Decimal(1), 3, 2, 1)),
    )
    return Reading(at, HOUR, DAY, {REVENUE: revenue, **(more or {})}, {}, False)


def heard(window: str = REVENUE) -> dict[str, Heard]:
    return {window: Heard(window=window, complete_until=NOON - 660.5, as_of=NOON + 0.25)}


def test_amounts_are_exact_text_of_the_hour_and_the_day() -> None:
    total = panels(reading())["total"]

    assert [
        ["hour", "10.10003", "1.10000002", 3, 2, None, 2],
        ["day", "15.60003", "2.10000002", 6, 4, None, 3],
    ] == total


def test_hours_of_the_day_are_sums_of_their_minutes() -> None:
    hours = panels(reading())["hours"]

    assert [
        [NOON - 7200, "5.5", "1", 3, 2],
        [NOON - 3600, "0.10002", "0.1", 1, 1],
        [NOON, "10.00001", "1.00000002", 2, 1],
    ] == hours


def test_failures_of_every_reason_are_one_figure() -> None:
    failures = sums((1, "Card declined", (3,)), (2, None, (1,)))
    [hour, _] = panels(reading({FAILURES: failures}))["total"]

    assert [4, 2] == hour[-2:]


def test_sources_have_the_credits_of_every_model_and_what_has_no_click_is_last() -> None:
    credited = sums(
        (1, None, (5_000_000,) * 6),
        (1, "Newsletter", (1_000_000, 0, 0, 333_333, 250_000, 400_000)),
        (2, "Google Ads", (2_000_000, 1, 2, 3, 4, 5)),
    )
    rows = panels(reading({CREDITS: credited}))["hour:sources"]

    assert [
        ["Google Ads", 2_000_000, 1, 2, 3, 4, 5],
        ["Newsletter", 1_000_000, 0, 0, 333_333, 250_000, 400_000],
        [None, *[5_000_000] * 6],
    ] == rows


def test_without_credits_the_purchases_by_source_stand_for_every_model() -> None:
    rows = panels(reading({SOURCES: sums((1, "Newsletter", (2,)))}))["hour:sources"]

    assert [["Newsletter", *[2_000_000] * 6]] == rows


def test_the_ten_largest_are_shown_the_others_in_one_and_the_unknown_last() -> None:
    rows = ranked({**{f"c{n:02d}": (20 - n,) for n in range(13)}, None: (99,)})

    assert [*([f"c{n:02d}", 20 - n] for n in range(10)), ["*", 27], [None, 99]] == rows


def test_a_reader_of_the_last_answer_gets_only_what_changed() -> None:
    state = OnlineState("one")
    state.take(reading())
    first = state.answer("", "hour", heard(), NOON)
    assert first is not None
    nothing = state.answer(first.known, "hour", heard(), NOON)
    state.take(reading(at=NOON + 1))
    same = state.answer(first.known, "hour", heard(), NOON + 1)
    changed = reading(at=NOON + 2)
    changed.summed[REVENUE].put("1", Row(NOON - 300, None, (Decimal(7), Decimal(1), 1, 1, 0)))
    state.take(changed)
    second = state.answer(first.known, "hour", heard(), NOON + 2)
    assert same is not None
    assert second is not None

    assert (True, None, {}) == (first.whole, nothing, same.panels)
    assert (False, {"total", "minutes", "hours"}) == (second.whole, set(second.panels))
    assert [[NOON - 300, "7", "1", 1, 1]] == second.panels["minutes"]
    assert [round(NOON + 0.25, 1), NOON - 661, ""] == list(astuple(second))


def astuple(answer: OnlineAnswer) -> tuple[float, float | None, str]:
    head = answer.heads[REVENUE]
    return head.as_of, head.complete_until, head.stale


def test_a_reader_of_another_process_gets_everything() -> None:
    state = OnlineState("one")
    state.take(reading())
    wholes = [
        answer.whole
        for known in ("two.1", "one.9", "one.x", "one.-1", "")
        if (answer := state.answer(known, "day", {}, NOON)) is not None
    ]

    assert [True] * 5 == wholes


def test_before_the_first_reading_nothing_is_claimed() -> None:
    answer = OnlineState("one").answer("", "hour", heard(), NOON)
    assert answer is not None

    assert (None, {}, {}, False) == (answer.read_at, answer.panels, answer.heads, answer.empty)


def test_the_hour_ends_with_the_newest_minute_and_never_after_the_present_one() -> None:
    calendar, day = BusinessDay(ZoneInfo(ZONE)), date(2026, 11, 21)
    midnight = int(datetime(2026, 11, 21, tzinfo=ZoneInfo(ZONE)).timestamp())
    hours = [
        spans(newest, NOON + 30.5, calendar, day)
        for newest in (None, NOON, NOON - 7200, NOON + 999_999)
    ]

    present = (Span(NOON - 3540, NOON + 60), Span(midnight, NOON + 60))
    earlier = (Span(NOON - 3540 - 7200, NOON + 60 - 7200), Span(midnight, NOON + 60))
    assert [present, present, earlier, present] == hours
