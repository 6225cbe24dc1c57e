"""Answers that say "not now", and how long to wait: whoever sends may send the same bytes again."""

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus

RETRYABLE = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
#: The n-th wait is drawn from [0, FIRST_WAIT x 2^n), but never above LONGEST_WAIT; seconds.
FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0
#: A Retry-After above this many seconds is not believed.
LONGEST_RETRY_AFTER = 60.0


def retry_after(header: str | None) -> float:
    """Seconds that a Retry-After header asks for, as seconds or as a date (RFC 9110, 10.2.3).

    0 without a header or when it cannot be read, LONGEST_RETRY_AFTER at most.
    """
    if header is None:
        return 0.0
    if header.isdecimal():
        seconds = float(header)
    else:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
