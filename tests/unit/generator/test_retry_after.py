"""Retry-After in both its forms, bounded."""

import time
from email.utils import formatdate

import pytest

from generator.delivery import Answer
from tillstream.http.retryable import LONGEST_RETRY_AFTER, retry_after


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, 0.0),
        ("0", 0.0),
        ("2", 2.0),
        ("86400", LONGEST_RETRY_AFTER),
        ("-3", 0.0),
        ("nan", 0.0),
        ("soon", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_within_bounds(header: str | None, expected: float) -> None:
    assert expected == retry_after(header)


def test_retry_after_may_be_a_date() -> None:
    header = formatdate(time.time() + 30, usegmt=True)

    assert 28.0 <= retry_after(header) <= 30.0


@pytest.mark.parametrize(
    ("status", "expected"),
    [(202, True), (422, True), (500, True), (503, False), (429, False), (None, False)],
)
def test_an_answer_is_final_unless_the_door_says_not_now(
    status: int | None, expected: bool
) -> None:
    assert expected == Answer(status, 1).is_final
