"""The till ledger: gaps after a grace, numbers used again, silence by a till's own rhythm."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.tills import GRACE_SECONDS, MAX_JUMP, Till, complete_until, till_number


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


def test_figures_are_complete_until_the_slowest_till_that_talks() -> None:
    tills = {("1", str(n)): heard(1, 2, 3, every=every) for n, every in enumerate((10, 50))}
    tills["2", "1"] = heard(1, 2, 3, every=1)

    actual = [complete_until(tills, now) for now in (101, 102 + 300)]

    # At first the quickest till's last receipt bounds; then it has fallen silent.
    assert [2.0, 100.0] == actual


def test_no_till_makes_nothing_complete() -> None:
    assert complete_until({}, 0) is None


def test_only_integers_are_numbers() -> None:
    actual = [till_number(one) for one in (7, "7", "A7", "", "٣")]

    assert [7, 7, None, None, None] == actual
