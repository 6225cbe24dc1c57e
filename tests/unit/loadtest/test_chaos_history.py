"""The checker of the chaos runs: it has to find each kind of difference, and nothing else."""

from collections.abc import Callable

import pytest

from loadtest.chaos.history import History, Observed, Sale, Verdict

DAY, DAY_BEFORE = "2026-11-21", "2026-11-20"
SALES = {
    "1/1/1": Sale(DAY, "1", 600),
    "1/1/2": Sale(DAY, "1", 590),
    "2/1/1": Sale(DAY_BEFORE, "2", 1234),
}
UNKNOWN = ("3/1/1", Sale(DAY, "3", 100))


def a_history() -> History:
    """Three receipts that were acknowledged, one that may be stored; a conflict; two letters."""
    history = History()
    for at, (key, sale) in enumerate(SALES.items()):
        history.send(key, sale)
        history.acknowledge(key, at)
    history.send(*UNKNOWN)
    history.conflict("1/1/1", accepted=True)
    history.conflict("1/1/2", accepted=False)
    history.letter(b"confirmed", confirmed=True)
    history.letter(b"unknown", confirmed=False)
    return history


#: What a system holds that lost nothing and added nothing.
RIGHT = Observed(
    SALES, ["1/1/1"], {DAY: (2, 1190), DAY_BEFORE: (1, 1234), "2026-11-19": (0, 0)}, [b"confirmed"]
)


def counted(
    number: int, cents: int, before: tuple[int, int] = (1, 1234)
) -> dict[str, tuple[int, int]]:
    """What a snapshot says of the day, and of the day before."""
    return {DAY: (number, cents), DAY_BEFORE: before}


def without(key: str) -> dict[str, Sale]:
    return {each: sale for each, sale in SALES.items() if each != key}


def test_what_was_acknowledged_and_no_more_holds() -> None:
    assert Verdict() == a_history().check(RIGHT)


@pytest.mark.parametrize(
    "allowed",
    [
        RIGHT._replace(stored=SALES | dict([UNKNOWN]), counted=counted(3, 1290)),
        RIGHT._replace(conflicts=["1/1/1", "1/1/2"]),
        RIGHT._replace(dead_letters=[b"confirmed", b"confirmed"]),
        RIGHT._replace(dead_letters=[b"unknown", b"confirmed"]),
        RIGHT._replace(dead_letters=None),
    ],
    ids=[
        "an unknown outcome that was stored and counted",
        "an unknown outcome of a conflict",
        "a dead letter twice",
        "an unknown outcome of a letter",
        "letters that were not read",
    ],
)
def test_what_may_be_either_way_holds(allowed: Observed) -> None:
    assert Verdict() == a_history().check(allowed)


DIFFERENCES = {
    "a receipt that the archive lost": (
        RIGHT._replace(stored=without("1/1/1")),
        Verdict(missing=frozenset({"1/1/1"})),
    ),
    "a late receipt that the archive lost": (
        RIGHT._replace(stored=without("2/1/1")),
        Verdict(missing=frozenset({"2/1/1"})),
    ),
    "a receipt that nobody sent": (
        RIGHT._replace(stored=SALES | {"9/9/9": Sale(DAY, "9", 1)}),
        Verdict(extra=frozenset({"9/9/9"})),
    ),
    "the conflict's amount in the archive": (
        RIGHT._replace(stored=SALES | {"1/1/1": Sale(DAY, "1", 601)}),
        Verdict(altered=frozenset({"1/1/1"})),
    ),
    "a late receipt on the wrong day": (
        RIGHT._replace(stored=SALES | {"2/1/1": Sale(DAY, "2", 1234)}),
        Verdict(altered=frozenset({"2/1/1"})),
    ),
    "a receipt that was not counted": (
        RIGHT._replace(counted=counted(1, 590)),
        Verdict(uncounted=1, cents_off=600),
    ),
    "a receipt that was counted twice": (
        RIGHT._replace(counted=counted(3, 1780)),
        Verdict(double_counted=1, cents_off=590),
    ),
    "one lost and one counted twice": (
        RIGHT._replace(counted=counted(2, 1180)),
        Verdict(cents_off=10),
    ),
    "a late receipt that was not counted": (
        RIGHT._replace(counted=counted(2, 1190, (0, 0))),
        Verdict(uncounted=1, cents_off=1234),
    ),
    "a late receipt that was counted on the day it came": (
        RIGHT._replace(counted=counted(3, 2424, (0, 0))),
        Verdict(uncounted=1, double_counted=1, cents_off=2 * 1234),
    ),
    "a day of which the totals say nothing": (
        RIGHT._replace(counted={DAY: (2, 1190)}),
        Verdict(uncounted=1, cents_off=1234),
    ),
    "a figure on a day without receipts": (
        RIGHT._replace(counted=counted(2, 1190) | {"2026-11-19": (1, 5)}),
        Verdict(double_counted=1, cents_off=5),
    ),
    "a sum that is a cent off": (
        RIGHT._replace(counted=counted(2, 1191)),
        Verdict(cents_off=1),
    ),
    "an unknown outcome that was stored and not counted": (
        RIGHT._replace(stored=SALES | dict([UNKNOWN])),
        Verdict(uncounted=1, cents_off=100),
    ),
    "an unknown outcome that was counted and not stored": (
        RIGHT._replace(counted=counted(3, 1290)),
        Verdict(double_counted=1, cents_off=100),
    ),
    "a conflict that was dropped": (
        RIGHT._replace(conflicts=[]),
        Verdict(conflicts_missing=frozenset({"1/1/1"})),
    ),
    "a conflict that was kept twice": (
        RIGHT._replace(conflicts=["1/1/1", "1/1/1"]),
        Verdict(conflicts_extra=frozenset({"1/1/1"})),
    ),
    "a conflict that was none": (
        RIGHT._replace(conflicts=["1/1/1", "2/1/1"]),
        Verdict(conflicts_extra=frozenset({"2/1/1"})),
    ),
    "garbage that vanished": (
        RIGHT._replace(dead_letters=[]),
        Verdict(letters_missing=frozenset({b"confirmed"})),
    ),
    "a good receipt among the dead letters": (
        RIGHT._replace(dead_letters=[b"confirmed", b"a receipt"]),
        Verdict(letters_extra=frozenset({b"a receipt"})),
    ),
}


@pytest.mark.parametrize(("seen", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_every_difference_is_found_and_named(seen: Observed, expected: Verdict) -> None:
    found = a_history().check(seen)

    assert (expected, False) == (found, found.holds())
    assert found.problems()


def test_an_empty_history_is_a_failure() -> None:
    history = History()
    history.send(*UNKNOWN)
    found = history.check(Observed({}, [], {DAY: (0, 0)}, []))

    assert (Verdict(empty=True), False) == (found, found.holds())


def test_an_answer_that_must_not_be_given_is_a_failure() -> None:
    history = a_history()
    history.wrong_answer("202 to garbage")
    found = history.check(RIGHT)

    assert (Verdict(wrong_answers=("202 to garbage",)), False) == (found, found.holds())


@pytest.mark.parametrize(
    ("seen", "lost"),
    [
        (RIGHT, 0),
        (RIGHT._replace(stored=without("1/1/1")), 1),
        (RIGHT._replace(counted=counted(0, 0)), 2),
    ],
)
def test_lost_is_what_either_view_does_not_have(seen: Observed, lost: int) -> None:
    assert lost == a_history().check(seen).lost


def test_a_conflict_that_was_refused_must_not_be_kept() -> None:
    history = a_history()
    history.conflict("2/1/1", accepted=False)
    history.refuse_conflict("2/1/1")
    seen = RIGHT._replace(conflicts=["1/1/1", "2/1/1"])

    assert Verdict(conflicts_extra=frozenset({"2/1/1"})) == history.check(seen)


def test_a_receipt_that_is_acknowledged_again_counts_once() -> None:
    history = a_history()
    history.acknowledge("1/1/1", 10.0)

    assert Verdict() == history.check(RIGHT)
    assert (2, 3) == (history.acknowledged_by(20.0, DAY), history.acknowledged_by(20.0))


@pytest.mark.parametrize(
    ("at", "number", "of_day", "newest"),
    [(-1.0, 0, 0, None), (0.0, 1, 1, "1/1/1"), (1.5, 2, 2, "1/1/2"), (9.0, 3, 2, "2/1/1")],
)
def test_what_was_acknowledged_by_a_time(
    at: float, number: int, of_day: int, newest: str | None
) -> None:
    history = a_history()

    assert (number, of_day, newest) == (
        history.acknowledged_by(at),
        history.acknowledged_by(at, DAY),
        history.newest(at),
    )


@pytest.mark.parametrize(
    ("misuse", "error"),
    [
        (lambda history: history.send(*UNKNOWN), ValueError),
        (lambda history: history.acknowledge("never sent", 1.0), KeyError),
    ],
)
def test_a_book_that_does_not_add_up_is_refused(
    misuse: Callable[[History], None], error: type[Exception]
) -> None:
    history = a_history()
    with pytest.raises(error):
        misuse(history)
