"""Answers to a request that is over a budget, often before it is whole."""

from http import HTTPStatus

from tillstream.http.budgets import HttpBudgets
from tillstream.http.problems import ProblemError

#: After this many seconds there may be room again.
_RETRY_AFTER = {"Retry-After": "1"}


def header_too_large(budgets: HttpBudgets) -> ProblemError:
    """431: too many headers, or too many bytes of them."""
    return ProblemError(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "headers-too-large",
        f"The request has more than {budgets.max_headers} headers or {budgets.max_header_bytes}"
        " bytes of them; send fewer, or raise MAX_HEADERS or MAX_HEADER_BYTES.",
    )


def too_large_body(limit: int) -> ProblemError:
    """413: more bytes than any path takes."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"The body is larger than {limit} bytes, more than anything here takes; send less.",
    )


def too_late(what: str, seconds: float) -> ProblemError:
    """408: the client did not send for so long."""
    return ProblemError(
        HTTPStatus.REQUEST_TIMEOUT,
        "too-slow",
        f"The {what} did not come within {seconds:g} seconds; send the whole request again.",
    )


def no_room() -> ProblemError:
    """503: the bodies of all clients fill the memory that they may have."""
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no-room",
        "Requests that are being sent or worked on fill MAX_BUFFERED_BYTES;"
        " send the same request again.",
        headers=_RETRY_AFTER,
    )


def too_many_connections() -> ProblemError:
    """503: there are as many connections as there may be."""
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-connections",
        "There are MAX_CONNECTIONS connections; this one made room for another. Connect again.",
        headers=_RETRY_AFTER,
    )


def too_many_pipelined(most: int) -> ProblemError:
    """429: a client that waits for no answer."""
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-pipelined",
        f"More than {most} requests of this connection wait for their answers; read some first.",
    )
