"""Waiting in tests: poll a condition until it holds, or fail at a deadline."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.05


def wait_until(
    condition: Callable[[], T | Literal[False] | None], timeout_seconds: float, what: str
) -> T:
    """The first true answer of `condition`; fails with `what` after `timeout_seconds`."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_seconds} s for {what}; last answer: {answer!r}")
        time.sleep(POLL_SECONDS)
