"""The till ledger: gaps after a grace, numbers used again, silence by a till's own rhythm."""

import math

from hypothesis import given
from hypothesis import strategies as st

from analytics.counting.tills import (
    GRACE_SECONDS,
    LEAST_SILENT_SECONDS,
    MAX_JUMP,
    MAX_NUMBER,
    Till,
    Tills,
    complete_until,
    till_number,
)
from tillstream.store_hours import OPENING_GRACE_SECONDS


def heard(*numbers: int, every: float = 10.0) -> Till:
    till = Till("1", "1")
    for turn, number in enumerate(numbers):
        till.hear(number, turn * every, turn * every)
    return till


def missing(till: Till, now: float = 1e9) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in till.gaps(now)]


def test_a_number_that_was_passed_over_is_missing_after_the_grace() -> None:
    till = heard(1, 2, 5)

    actual = (missing(till, 20 + GRACE_SECONDS), missing(till, 21 + GRACE_SECONDS))

    assert ([], [(3, 4)]) == actual


def test_a_late_number_closes_its_gap() -> None:
    assert [(3, 3), (5, 6)] == missing(heard(2, 7, 4))


@given(st.permutations(range(1, 30)))
def test_numbers_in_any_order_leave_no_gap_and_no_reuse(numbers: list[int]) -> None:
    till = heard(*numbers)
    first = min(numbers[: numbers.index(max(numbers)) + 1])

    # What is below the first number heard was never expected.
    assert [] == [gap for gap in missing(till) if gap[0] >= first and gap[1] not in numbers]
    assert 30 - 1 == till.number


def test_a_number_on_another_receipt_is_reused() -> None:
    assert 2 == heard(1, 2, 3, 2, 1).reused


def test_a_far_jump_is_a_till_that_began_anew() -> None:
    forward, backward = heard(1, 2 + MAX_JUMP), heard(MAX_JUMP + 5, 1, 2)

    assert ([], 1, [], 1) == (
        missing(forward),
        forward.renumbered,
        missing(backward),
        backward.renumbered,
    )


def test_a_till_is_silent_by_its_own_rhythm() -> None:
    quick, slow = heard(1, 2, 3, every=10), heard(1, 2, 3, every=1000)

    actual = [
        (quick.silent_since(20 + 299), quick.silent_since(20 + 301)),
        (slow.silent_since(2000 + 7000), slow.silent_since(2000 + 8001)),
    ]

    assert [(None, 20.0), (None, 2000.0)] == actual


def test_a_backlog_is_no_rhythm_and_floods_no_list() -> None:
    """A day of sales, one each five minutes, that came within a second; then one each ten."""
    till, loaded = Till("1", "1"), 86_400.0
    for sale in range(288):
        till.hear(sale, 300.0 * sale, loaded + sale / 288)
    after = loaded + 600
    told = [till.silent_since(after - 1), till.interval]
    till.hear(288, after, after + 1)
    told += [till.silent_since(after + 2300), till.silent_since(after + 3000)]

    assert [None, 300.0, None, after + 1] == told


def test_a_till_of_which_only_old_receipts_came_is_not_silent() -> None:
    till = Till("1", "1")
    for sale in range(288):
        till.hear(sale, 300.0 * sale, 500_000.0 + sale)

    assert [None, None] == [till.silent_since(now) for now in (500_900.0, 900_000.0)]


def test_a_night_is_no_rhythm() -> None:
    till = heard(*range(100), every=60)
    morning = 99 * 60 + 10 * 3600.0
    till.hear(100, morning, morning)

    # Missed within the hour, not when the day is over.
    assert morning == till.silent_since(morning + 1000)


def test_figures_are_complete_until_the_slowest_till_that_talks() -> None:
    tills = {("1", str(n)): heard(1, 2, 3, every=every) for n, every in enumerate((10, 50))}
    tills["2", "1"] = heard(1, 2, 3, every=1)

    actual = [complete_until(tills, now) for now in (101, 102 + 300)]

    # At first the quickest till's last receipt bounds; then it has fallen silent.
    assert [2.0, 100.0] == actual


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3)), max_size=8))
def test_the_watermark_is_the_least_of_the_tills_that_are_waited_for(
    all_times: list[tuple[int, int]],
) -> None:
    tills = {
        ("1", str(n)): Till("1", str(n), sold=sold, heard=sold + 1, receipts=receipts)
        for n, (sold, receipts) in enumerate(all_times)
    }

    waited_for = [till.sold for till in tills.values() if till.is_waited_for(1000)]
    assert (min(waited_for) if waited_for else None) == complete_until(tills, 1000)


def test_no_till_makes_nothing_complete() -> None:
    assert complete_until({}, 0) is None


def test_only_integers_are_numbers() -> None:
    actual = [till_number(one) for one in (7, "7", "A7", "", "٣")]

    assert [7, 7, None, None, None] == actual


def test_a_number_of_more_than_64_bits_is_no_sequence() -> None:
    texts = ("0", "007", str(MAX_NUMBER), str(MAX_NUMBER + 1), "0" * 30 + "5", "9" * 6_000)

    actual = [till_number(one) for one in (*texts, MAX_NUMBER, MAX_NUMBER + 1, -1)]

    assert [0, 7, MAX_NUMBER, None, 5, None, MAX_NUMBER, None, None] == actual


DAY = 86_400.0
NOW = 1_795_248_000.0


def chain(*others: Till) -> Tills:
    """A till that sells each 10 s until NOW, and others."""
    talking = Till("1", "1")
    for turn in range(60, -1, -1):
        talking.hear(None, NOW - 10 * turn, NOW - 10 * turn)
    return {("1", "1"): talking} | {("2", str(n)): till for n, till in enumerate(others)}


def told(*receipts: tuple[float, float]) -> Till:
    """A till that sold at the first times, as they were received at the second ones."""
    till = Till("2", "1")
    for sold, received in receipts:
        till.hear(None, sold, received)
    return till


@given(st.integers(1, 2), st.floats(LEAST_SILENT_SECONDS + 1, DAY))
def test_a_till_heard_once_or_twice_is_not_waited_for_after_five_minutes(
    receipts: int, ago: float
) -> None:
    tills = chain(told(*[(NOW - ago, NOW - ago)] * receipts))

    assert NOW == complete_until(tills, NOW)


@given(st.integers(1, 9), st.floats(DAY, 5_000 * DAY))
def test_old_receipts_do_not_hold_the_chain(receipts: int, age: float) -> None:
    old = told(*[(NOW - age, NOW - turn) for turn in range(receipts, 0, -1)])

    assert NOW == complete_until(chain(old), NOW)


def test_a_till_of_today_holds_the_chain_whatever_old_receipts_it_sends() -> None:
    till = told((NOW - 60, NOW - 59), (NOW - 3 * DAY, NOW - 30))

    assert NOW - 60 == complete_until(chain(till), NOW)


@given(st.floats(1, 5_000 * DAY))
def test_a_receipt_of_the_future_moves_nothing_and_hides_none_after_it(ahead: float) -> None:
    till = told((NOW - 200 + ahead, NOW - 200), (NOW - 100, NOW - 100))

    assert NOW - 100 == complete_until(chain(till), NOW)


@given(st.floats(7_200, 5_000 * DAY))
def test_a_door_whose_clock_was_ahead_is_believed_again(ahead: float) -> None:
    till = told((NOW - 200 + ahead, NOW - 200 + ahead), (NOW - 100, NOW - 100))

    assert NOW - 100 == complete_until(chain(till), NOW)


@given(
    st.lists(st.tuples(st.floats(0, 2 * NOW), st.floats(NOW - 2 * DAY, NOW + 2 * DAY)), max_size=20)
)
def test_the_clock_bounds_the_watermark(receipts: list[tuple[float, float]]) -> None:
    till = told(*receipts)

    until = complete_until(chain(till), NOW)

    assert until is not None
    assert NOW - DAY <= until <= NOW


#: Of a till that sells each minute until its store closes, at 1,000,000.
CLOSES = 1_000_000.0
OPENS = CLOSES + 11 * 3600


def evening() -> Till:
    till = Till("7", "1")
    for turn in range(600):
        till.hear(turn, CLOSES - 60 * (600 - turn), CLOSES - 60 * (600 - turn))
    return till


def by_hours(now: float) -> float | None:
    """Open until CLOSES, and again from OPENS on."""
    if now < CLOSES:
        return CLOSES - 43_200
    return OPENS if now >= OPENS else None


def test_nobody_is_silent_after_closing_nor_just_after_opening() -> None:
    till = evening()
    times = (CLOSES - 1, CLOSES + 60, CLOSES + 3600, OPENS, OPENS + OPENING_GRACE_SECONDS - 1)

    assert [None] * 5 == [till.silent_since(now, by_hours(now)) for now in times]


def test_a_till_that_says_nothing_after_the_opening_is_silent_since_it_was_heard() -> None:
    now = OPENS + OPENING_GRACE_SECONDS

    assert CLOSES - 60 == evening().silent_since(now, by_hours(now))


def test_the_night_is_no_silence_of_a_slow_till() -> None:
    till = heard(1, 2, 3, 4, 5, every=1200)  # it may be quiet for 9,600 s
    last, opened = 4800.0, 4800.0 + 40_000

    actual = [till.silent_since(opened + since, opened) for since in (9600.0, 9601.0)]

    assert [None, last] == actual


def test_a_till_of_a_closed_store_does_not_hold_the_watermark() -> None:
    """Nor does what it sold yesterday, when its store has just opened."""
    talking = Till("8", "1")
    for turn in range(900):
        talking.hear(turn, CLOSES - 600 + 60 * turn, CLOSES - 600 + 60 * turn)
    tills = {("7", "1"): evening(), ("8", "1"): talking}

    def opened(store: str, now: float) -> float | None:
        return by_hours(now) if store == "7" else -math.inf

    times = (CLOSES - 1, CLOSES + 61, OPENS + 60)
    actual = [complete_until(tills, now, opened) for now in times]

    assert [CLOSES - 60, CLOSES + 61, OPENS + 60] == actual
