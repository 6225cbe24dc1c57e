"""Answers to what cannot be done: problem documents of RFC 9457; rooms add those of their own."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from tillstream.http.budgets import HttpBudgets

PROBLEM_JSON = "application/problem+json"


class ProblemError(Exception):
    """An answer that says what is wrong, where, and how to mend it.

    `members` are further fields of the document, such as `errors`, each broken rule with its
    place. Raised by the endpoints and turned into a response by the application.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.detail = detail
        self.members = dict(members or {})
        self.headers = dict(headers or {})
        super().__init__(detail)

    def document(self, request_id: str) -> bytes:
        """The problem as JSON; `instance` names the request, as our log does."""
        document: dict[str, Any] = {
            "type": f"urn:tillstream:problem:{self.kind}",
            "title": self.kind.replace("-", " ").capitalize(),
            "status": int(self.status),
            "detail": self.detail,
            "instance": f"urn:tillstream:request:{request_id}",
        }
        return msgspec.json.encode(document | self.members)


def unauthorized(add_key: str) -> ProblemError:
    """401: no key, or none that we know; `add_key` is the command that makes one."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "An API key is needed and none that is valid was sent; send"
        f" `Authorization: Bearer <key>`, with a key from `{add_key}`.",
        headers={"WWW-Authenticate": 'Bearer realm="tillstream"'},
    )


def too_fast(seconds: float) -> ProblemError:
    """429: more receipts than the key's rate allows."""
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        "This API key sends faster than RATE_LIMIT_PER_KEY allows; slow down.",
        headers={"Retry-After": str(max(1, round(seconds + 0.5)))},
    )


def not_found(path: str) -> ProblemError:
    """404: nothing answers at this path."""
    return ProblemError(
        HTTPStatus.NOT_FOUND, "not-found", f"Nothing is at {path[:200]}; /docs lists what is."
    )


def wrong_method(method: str, allowed: Sequence[str]) -> ProblemError:
    """405: the path exists and does not take this method."""
    return ProblemError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        f"{method} is not allowed here; use {' or '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed)},
    )


def unexpected(consequence: str = "") -> ProblemError:
    """500: an error of ours; its details are in the log and not in the answer."""
    return ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        f"Something broke on our side; it is in our log.{consequence}",
    )


def foreign_store(may_not: str, store: str) -> ProblemError:
    """403: the key does not cover the store; `may_not` is what was tried, such as "send for"."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "foreign-store",
        f"This API key may not {may_not} the store {store[:64]!r}.",
    )


def wrong_scope(scope: str) -> ProblemError:
    """403: the key is for something else; `scope` is what it would need."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "wrong-scope",
        f"This API key is not for this: it lacks the scope {scope!r}"
        f" (`python -m entrypoint keys add NAME --scope {scope}`).",
    )


def unavailable(kind: str, detail: str, retry_after: int) -> ProblemError:
    """503: not now; the same request may be sent again after `retry_after` seconds."""
    headers = {"Retry-After": str(retry_after)}
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail, headers=headers)


def header_too_large(budgets: HttpBudgets) -> ProblemError:
    """431: too many headers, or too many bytes of them."""
    return ProblemError(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "headers-too-large",
        f"The request has more than {budgets.max_headers} headers or {budgets.max_header_bytes}"
        " bytes of them; send fewer, or raise MAX_HEADERS or MAX_HEADER_BYTES.",
    )


def contradicted_header(name: str) -> ProblemError:
    """400: a header comes twice and says two things."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "contradicted-header",
        f"The header {name.title()} comes more than once, with different values; send it once."
        " Something between the sender and here may add its own.",
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
    return unavailable(
        "no-room",
        "Requests that are being sent or worked on fill MAX_BUFFERED_BYTES;"
        " send the same request again.",
        1,
    )


def too_many_connections() -> ProblemError:
    """503: there are as many connections as there may be."""
    return unavailable(
        "too-many-connections",
        "There are MAX_CONNECTIONS connections; this one made room for another. Connect again.",
        1,
    )


def too_many_pipelined(most: int) -> ProblemError:
    """429: a client that waits for no answer."""
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-pipelined",
        f"More than {most} requests of this connection wait for their answers; read some first.",
    )
