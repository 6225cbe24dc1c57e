"""Answers to what cannot be accepted: problem documents of RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from entrypoint.validation import Violation
from tillstream.errors import NotConfirmed

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """An answer that says what is wrong, where, and how to mend it.

    `errors` names each violated rule with its JSON path. Raised by the endpoints and
    turned into a response by the application.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        super().__init__(detail)

    def response(self) -> Response:
        """The problem as an HTTP response."""
        document: dict[str, Any] = {
            "type": f"urn:tillstream:problem:{self.kind}",
            "title": self.kind.replace("-", " ").capitalize(),
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = self.errors
        return Response(
            msgspec.json.encode(document),
            status_code=self.status,
            headers=self.headers,
            media_type=PROBLEM_JSON,
        )


def not_json(reason: str) -> Problem:
    """400: the body is no JSON text."""
    return Problem(HTTPStatus.BAD_REQUEST, "not-json", f"The body is not JSON: {reason}.")


def wrong_type(found: str | None, accepted: Sequence[str]) -> Problem:
    """415: the media type is none that is understood here."""
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        f"Content-Type is {found or 'missing'}; send {' or '.join(accepted)}.",
        headers={"Accept": ", ".join(accepted)},
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
    """422: JSON that breaks the contract, with every rule that it breaks."""
    count = len(violations)
    rules = "one rule" if count == 1 else f"{count} rules"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-receipt",
        f"The receipt breaks {rules} of the contract; `errors` names each.",
        errors=violations,
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
    return Problem(HTTPStatus.NOT_FOUND, "not-found", f"Nothing is at {path}; /docs lists what is.")


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
