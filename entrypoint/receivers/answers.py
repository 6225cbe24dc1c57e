"""Answers to deliveries that are not taken: problem documents, none of which has a right value."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from entrypoint.receivers.signatures import UnsignedError
from tillstream.http.problems import ProblemError, unavailable
from tillstream.streams.mistakes import proposal

#: A vendor that is told 503 comes again by its own plan; this is for those who look at it, seconds.
NOT_SET_UP_SECONDS = 60


class DeliveryAccepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer 200: the broker has the delivery; the vendor's id of it, where it has one."""

    receiver: str
    delivery: str = ""
    #: What the vendor sends when somebody sets it up; nothing was kept.
    ping: bool = False


def unknown_receiver(name: str, names: Sequence[str]) -> ProblemError:
    """404: no definition of that name."""
    detail = f"No receiver is called {name[:64]!r}{proposal(name[:64], names)}."
    return ProblemError(HTTPStatus.NOT_FOUND, "unknown-receiver", detail)


def unsigned(name: str, error: UnsignedError) -> ProblemError:
    """401: not known to be the vendor's."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        f"delivery-{error.reason}",
        f"{error} Nothing was accepted.",
        headers={"WWW-Authenticate": f'Signature realm="{name}"'},
    )


def not_set_up(missing: Sequence[str]) -> ProblemError:
    """503: the receiver has no secret, or not the URL that is signed."""
    detail = f"This receiver is not set up: {' and '.join(missing)} is missing."
    return unavailable("receiver-not-set-up", detail, NOT_SET_UP_SECONDS)


def packed(coding: str) -> ProblemError:
    """415: what is signed is what is kept, byte by byte; nobody behind unpacks it."""
    return ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-content-encoding",
        f"Content-Encoding is {coding[:60]}; send deliveries as they are.",
        headers={"Accept-Encoding": "identity"},
    )
