"""Answers to what cannot be accepted: problem documents of RFC 9457."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from tillstream.errors import NotConfirmedError
from tillstream.http.problems import ProblemError, unavailable

#: Most violations that one answer names, so that a hostile body gets a bounded answer.
MAX_VIOLATIONS = 100


class Violation(msgspec.Struct, frozen=True):
    """One broken rule: its id, where (JSON path) and what to do about it."""

    rule: str
    path: str
    message: str


class RefusedEntry(msgspec.Struct, frozen=True):
    """A receipt of a batch that was not accepted: its line or position, and every reason."""

    position: int
    errors: Sequence[Violation]


def unreadable(format_name: str, reason: str) -> ProblemError:
    """400: the body is not of its format."""
    kind = f"not-{format_name.lower().replace(' ', '-')}"
    return ProblemError(HTTPStatus.BAD_REQUEST, kind, f"The body is not {format_name}: {reason}.")


def one_expected(found: int) -> ProblemError:
    """400: several receipts, or none, where one belongs."""
    detail = f"The body holds {found} receipts; send one here, or all of them to /receipts."
    return ProblemError(HTTPStatus.BAD_REQUEST, "not-one-receipt", detail)


def no_receipt() -> ProblemError:
    """400: a batch of none, which is what a sender's mistake looks like."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "no-receipt",
        "The body holds no receipt; send at least one, or nothing.",
    )


def wrong_type(found: str | None, accepted: Sequence[str]) -> ProblemError:
    """415: the media type is none that is understood here."""
    return ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        f"Content-Type is {found or 'missing'}; send {' or '.join(accepted)}.",
        headers={"Accept": ", ".join(accepted)},
    )


def wrong_encoding(found: str, accepted: Sequence[str]) -> ProblemError:
    """415: the content encoding is none that is understood here."""
    return ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-content-encoding",
        f"Content-Encoding is {found[:60]}; send one of {' or '.join(accepted)}, or none.",
        headers={"Accept-Encoding": ", ".join(accepted)},
    )


def wrong_charset(found: str) -> ProblemError:
    """415: the text is in another encoding than UTF-8."""
    return ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-charset",
        f"Content-Type says charset={found[:60]}; send UTF-8, with charset=utf-8 or without.",
    )


def too_large(limit: int, setting: str) -> ProblemError:
    """413: more bytes than the setting allows; the connection is closed on the rest."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"The body is larger than {limit} bytes; send less, or raise {setting}.",
        headers={"Connection": "close"},
    )


def too_many_receipts(limit: int) -> ProblemError:
    """413: a batch of more receipts than the setting allows."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-many-receipts",
        f"The body holds more than {limit} receipts; send fewer at once, or raise"
        " MAX_BATCH_RECEIPTS.",
    )


def wrong_idempotency_key(reason: str) -> ProblemError:
    """400: an Idempotency-Key that cannot stand for a request."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "invalid-idempotency-key",
        f"The Idempotency-Key cannot be used: {reason}; send one header of 1 to 255 printable"
        " characters, or none.",
    )


def invalid_receipt(violations: Sequence[Violation]) -> ProblemError:
    """422: a receipt that breaks the contract, with every rule that it breaks."""
    count = len(violations)
    rules = "one rule" if count == 1 else f"{count} rules"
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-receipt",
        f"The receipt breaks {rules} of the contract; `errors` names each.",
        members={"errors": violations},
    )


def invalid_batch(count: int, refused: Sequence[RefusedEntry]) -> ProblemError:
    """422: a batch without a single receipt that could be accepted."""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-batch",
        f"None of the {count} receipts keeps the contract; `refused` names the rules of the"
        f" first {min(count, MAX_VIOLATIONS)}.",
        members={"refused": refused},
    )


def conflict(what: str) -> ProblemError:
    """409: the same identity or Idempotency-Key with another content."""
    return ProblemError(
        HTTPStatus.CONFLICT,
        "conflict",
        f"{what} was sent before with another content; a retry must be the same.",
    )


def not_confirmed(error: NotConfirmedError) -> ProblemError:
    """503: nothing was promised; the same request may be sent again after a while."""
    detail = f"{error.reason[0].upper()}{error.reason[1:]}; send the same request again."
    return unavailable("not-confirmed", detail, error.retry_after)
