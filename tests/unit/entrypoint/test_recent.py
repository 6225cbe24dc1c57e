"""The memory of retries: bounded, and never sure of what was not confirmed."""

import pytest

from entrypoint.recent import DifferentContentError, Recent


def test_only_a_confirmed_receipt_is_known() -> None:
    recent = Recent(10)
    before = recent.is_confirmed("a", 1)
    recent.sent("a", 1)
    in_flight = recent.is_confirmed("a", 1)
    recent.confirmed("a", 1)

    assert (False, False, True) == (before, in_flight, recent.is_confirmed("a", 1))


def test_another_content_is_told_whether_confirmed_or_in_flight() -> None:
    recent = Recent(10)
    recent.sent("a", 1)
    with pytest.raises(DifferentContentError):
        recent.is_confirmed("a", 2)
    recent.confirmed("a", 1)
    with pytest.raises(DifferentContentError):
        recent.is_confirmed("a", 2)


def test_what_failed_may_come_with_another_content() -> None:
    recent = Recent(10)
    recent.sent("a", 1)
    recent.failed("a")

    assert recent.is_confirmed("a", 2) is False


def test_the_oldest_are_forgotten_first() -> None:
    recent = Recent(2)
    for key in "abc":
        recent.confirmed(key, 1)

    assert [False, True, True] == [recent.is_confirmed(key, 1) for key in "abc"]
