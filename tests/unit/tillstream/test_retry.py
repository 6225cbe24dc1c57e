"""Retries: until it works, until a stop, and never for another error."""

import threading

import pytest

from tillstream.runtime.retry import until_stopped


def test_an_attempt_is_repeated_until_it_works_and_each_failure_is_reported() -> None:
    errors = [ConnectionError("first"), TimeoutError("second")]
    left, reported = list(errors), list[BaseException]()

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    result = until_stopped(
        attempt, OSError, threading.Event(), reported.append, first_seconds=0.001
    )

    assert (result, reported) == ("done", errors)


def test_a_stop_ends_the_attempts_after_one() -> None:
    stop, tries = threading.Event(), list[int]()
    stop.set()

    def attempt() -> None:
        tries.append(1)
        raise ConnectionError

    result = until_stopped(attempt, OSError, stop, lambda _: None)

    assert (result, tries) == (None, [1])


def test_another_error_is_raised_at_once() -> None:
    def attempt() -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        until_stopped(attempt, OSError, threading.Event(), lambda _: None)
