"""What a sender of events is answered."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus

import msgspec

from entrypoint.events.broken_rules import BrokenRule, RefusedRow
from entrypoint.events.reading import BodyError, SlowRow
from entrypoint.problems import MAX_VIOLATIONS
from tillstream.http.problems import ProblemError


class EventsResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer 202 or 207: what is durable, and what was refused and why."""

    accepted: int
    refused: int
    #: Of the first refused rows each rule that they break, at most MAX_VIOLATIONS.
    errors: Sequence[BrokenRule] = ()
    #: Refused rows that are kept in the quarantine.
    quarantined: int = 0


class EventsProblemDocument(msgspec.Struct):
    """A problem document of RFC 9457 about events."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[BrokenRule] = []
    instance: str = ""


def errors_of(row: SlowRow) -> tuple[BrokenRule, ...]:
    """Each rule that a row breaks."""
    return tuple(BrokenRule(row.line, name, why.rule, why.message) for name, why in row.broken)


def first_errors(refusals: Iterable[RefusedRow]) -> tuple[BrokenRule, ...]:
    """As many as an answer names."""
    found: list[BrokenRule] = []
    for refusal in refusals:
        found += refusal.broken
        if len(found) >= MAX_VIOLATIONS:
            break
    return tuple(found[:MAX_VIOLATIONS])


def unknown_stream(name: str, names: Sequence[str]) -> ProblemError:
    """404: no stream of this name that takes events."""
    streams = f"there are {', '.join(names)}" if names else "none is declared"
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        "unknown-stream",
        f"No stream {name[:64]!r} takes events; {streams}. GET /streams says what each takes.",
        members={"streams": names},
    )


def invalid_event(stream: str, errors: Sequence[BrokenRule]) -> ProblemError:
    """422: one event that breaks rules."""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-event",
        f"The event breaks the definition of {stream}; `errors` names each rule."
        f" GET /streams/{stream} says what it takes.",
        members={"errors": errors},
    )


def invalid_events(stream: str, result: EventsResult) -> ProblemError:
    """422: a body without one event that could be accepted."""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-events",
        f"No event of {result.refused} keeps the definition of {stream}; `errors` names"
        f" rules that they break. GET /streams/{stream} says what it takes.",
        members={
            "accepted": 0,
            "refused": result.refused,
            "errors": result.errors,
            "quarantined": result.quarantined,
        },
    )


def unreadable_body(error: BodyError) -> ProblemError:
    """400: a body that cannot be read as a whole."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "unreadable-events",
        f"{error.message[0].upper()}{error.message[1:]}.",
        members={"rule": error.rule},
    )


def no_cloudevents(stream: str) -> ProblemError:
    """415: a CloudEvent for a stream that would not keep its identity."""
    return ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "no-cloudevents",
        f"The stream {stream} takes no CloudEvents; send the event alone, as application/json and"
        " without headers ce-, or declare the stream with cloudevents = true.",
    )


def no_event() -> ProblemError:
    """400: a body without events."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "no-event", "The body holds no event.")


def too_many_events(limit: int) -> ProblemError:
    """413: a body of more events than the setting allows."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-many-events",
        f"The body holds more than {limit} events; send fewer at once, or raise MAX_BATCH_EVENTS.",
    )
