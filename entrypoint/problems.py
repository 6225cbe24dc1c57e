"""Answers to what cannot be accepted: problem documents of RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from entrypoint.violations import MAX_VIOLATIONS, Violation
from tillstream.errors import NotConfirmed

PROBLEM_JSON = "application/problem+json"


class RefusedEntry(msgspec.Struct, frozen=True):
    """A receipt of a batch that was not accepted: its line or position, and every reason."""

    position: int
    errors: Sequence[Violation]


class Problem(Exception):
    """An answer that says what is wrong, where, and how to mend it.

    `errors` names each violated rule with its JSON path; in a batch, `refused` does so by
    position. Raised by the endpoints and turned into a response by the application.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        refused: Sequence[RefusedEntry] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.refused = refused
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
        if self.errors:
            document["errors"] = self.errors
        if self.refused:
            document["refused"] = self.refused
        return msgspec.json.encode(document)


def unreadable(format_name: str, reason: str) -> Problem:
    """400: the body is not of its format."""
    kind = f"not-{format_name.lower()}"
    return Problem(HTTPStatus.BAD_REQUEST, kind, f"The body is not {format_name}: {reason}.")


def not_json(reason: str) -> Problem:
    """400: the body is no JSON text."""
    return unreadable("JSON", reason)


def one_expected(found: int) -> Problem:
    """400: several receipts, or none, where one belongs."""
    detail = f"The body holds {found} receipts; send one here, or all of them to /receipts."
    return Problem(HTTPStatus.BAD_REQUEST, "not-one-receipt", detail)


def wrong_type(found: str | None, accepted: Sequence[str]) -> Problem:
    """415: the media type is none that is understood here."""
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        f"Content-Type is {found or 'missing'}; send {' or '.join(accepted)}.",
        headers={"Accept": ", ".join(accepted)},
    )


def wrong_encoding(found: str, accepted: Sequence[str]) -> Problem:
    """415: the content encoding is none that is understood here."""
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-content-encoding",
        f"Content-Encoding is {found}; send {' or '.join(accepted)}, or none.",
        headers={"Accept-Encoding": ", ".join(accepted)},
    )


def too_large(limit: int, setting: str) -> Problem:
    """413: more bytes than the setting allows; the connection is closed on the rest."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"The body is larger than {limit} bytes; send less, or raise {setting}.",
        headers={"Connection": "close"},
    )


def invalid_receipt(violations: Sequence[Violation]) -> Problem:
    """422: a receipt that breaks the contract, with every rule that it breaks."""
    count = len(violations)
    rules = "one rule" if count == 1 else f"{count} rules"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-receipt",
        f"The receipt breaks {rules} of the contract; `errors` names each.",
        errors=violations,
    )


def invalid_batch(count: int, refused: Sequence[RefusedEntry]) -> Problem:
    """422: a batch without a single receipt that could be accepted."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-batch",
        f"None of the {count} receipts keeps the contract; `refused` names the rules of the"
        f" first {min(count, MAX_VIOLATIONS)}.",
        refused=refused,
    )


def conflict(what: str) -> Problem:
    """409: the same identity or Idempotency-Key with another content."""
    return Problem(
        HTTPStatus.CONFLICT,
        "conflict",
        f"{what} was sent before with another content; a retry must be the same.",
    )


def who_are_you() -> Problem:
    """401: no key, or none that we know."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "An API key is needed and none that is valid was sent; send"
        " `Authorization: Bearer <key>`, with a key from `python -m entrypoint keys add`.",
        headers={"WWW-Authenticate": 'Bearer realm="tillstream"'},
    )


def foreign_store(store: str) -> Problem:
    """403: the key does not cover the receipt's store."""
    return Problem(
        HTTPStatus.FORBIDDEN,
        "foreign-store",
        f"This API key may not send for the store {store[:64]!r}.",
    )


def too_fast(seconds: float) -> Problem:
    """429: more receipts than the key's rate allows."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        "This API key sends faster than RATE_LIMIT_PER_KEY allows; slow down.",
        headers={"Retry-After": str(max(1, round(seconds + 0.5)))},
    )


def not_confirmed(error: NotConfirmed) -> Problem:
    """503: nothing was promised; the same request may be sent again after a while."""
    detail = f"{error.reason[0].upper()}{error.reason[1:]}; send the same request again."
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-confirmed",
        detail,
        headers={"Retry-After": str(error.retry_after)},
    )


def not_found(path: str) -> Problem:
    """404: nothing answers at this path."""
    return Problem(
        HTTPStatus.NOT_FOUND, "not-found", f"Nothing is at {path[:200]}; /docs lists what is."
    )


def wrong_method(method: str, allowed: Sequence[str]) -> Problem:
    """405: the path exists and does not take this method."""
    return Problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        f"{method} is not allowed here; use {' or '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed)},
    )


def unexpected() -> Problem:
    """500: an error of ours; its details are in the log and not in the answer."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "Something broke on our side; it is in our log. The receipt was not accepted.",
    )
