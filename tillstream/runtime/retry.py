"""One way to try again: exponential backoff with jitter, until it works or a stop is asked for."""

import threading
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import tenacity

T = TypeVar("T")

Errors = type[Exception] | tuple[type[Exception], ...]


class Backoff(TypedDict):
    """What every retry of tenacity has in common, for `Retrying` and `AsyncRetrying`."""

    retry: Any
    wait: Any
    before_sleep: Any


def backoff(
    errors: Errors,
    report: Callable[[BaseException], None],
    *,
    first_seconds: float,
    most_seconds: float,
) -> Backoff:
    """After each of `errors`: `report` it, then wait at random up to a limit that doubles.

    The limit is `first_seconds` at first, and never more than `most_seconds`.
    """

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            report(error)

    return {
        "retry": tenacity.retry_if_exception_type(errors),
        "wait": tenacity.wait_random_exponential(first_seconds, max=most_seconds),
        "before_sleep": before_sleep,
    }


def until_stopped(
    attempt: Callable[[], T],
    errors: Errors,
    stop: threading.Event,
    report: Callable[[BaseException], None],
    *,
    first_seconds: float = 0.1,
    most_seconds: float = 3,
) -> T | None:
    """What `attempt` returns, tried again after each of `errors`; None once `stop` is set.

    It is tried once, also when `stop` is set already. Other errors are raised.
    """
    retrying = tenacity.Retrying(
        **backoff(errors, report, first_seconds=first_seconds, most_seconds=most_seconds),
        stop=tenacity.stop_when_event_set(stop),
        sleep=tenacity.sleep_using_event(stop),
        retry_error_callback=lambda _: None,
    )
    return retrying(attempt)
