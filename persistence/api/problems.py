"""Answers to questions that cannot be answered: problem documents of RFC 9457."""

import difflib
from collections.abc import Collection, Sequence
from http import HTTPStatus

import msgspec

from tillstream.http.problems import ProblemError, unavailable


class Fault(msgspec.Struct, frozen=True):
    """One parameter that does not hold, and what to do about it."""

    parameter: str
    message: str


def invalid_parameters(faults: Sequence[Fault]) -> ProblemError:
    """400: parameters that do not hold, all of them."""
    names = ", ".join(dict.fromkeys(fault.parameter for fault in faults))
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "invalid-parameters",
        f"Not understood: {names}; `errors` says why.",
        members={"errors": faults},
    )


def wrong_cursor() -> ProblemError:
    """400: a cursor that was altered, or that belongs to another question."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "wrong-cursor",
        "This cursor is not one of ours, or not of this question; send `next` of the page before"
        " as it came, with the same other parameters, or begin anew without a cursor.",
    )


def no_index(reason: str, mend: str) -> ProblemError:
    """422: a question that would read far more than it answers."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "no-index", f"{reason}; {mend}.")


def no_receipt(key: str) -> ProblemError:
    """404: no receipt of this identity, or of a store that the key does not cover."""
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        "no-receipt",
        f"The archive has no receipt {key[:300]!r}; a receipt that was just accepted comes within"
        " a second, and a key is percent-encoded once.",
    )


def no_window(name: str, there_are: Collection[str]) -> ProblemError:
    """404: no window of this name is declared."""
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        "no-window",
        f"No window {name[:64]!r} is declared{nearest(name, there_are)}",
        members={"windows": sorted(there_are)},
    )


def whole_chain(window: str) -> ProblemError:
    """403: the key is for some stores, and the window's rows are of all."""
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "whole-chain",
        f"The window {window} has no key `store`, so its rows are of the whole chain, and this API"
        " key is for some stores; ask with a key for all.",
    )


def nearest(name: str, there_are: Collection[str]) -> str:
    """How a sentence ends that says that there is no such name: what is near, and what there is."""
    near = difflib.get_close_matches(name, there_are, 1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    return f"{meant} There is {', '.join(sorted(there_are))}." if there_are else f"{meant}"


def too_slow(seconds: float) -> ProblemError:
    """503: the question took longer than it may."""
    return unavailable(
        "too-slow",
        f"The archive did not answer within {seconds:g} s; ask for a shorter time or for one"
        " store. `tillstream sql` answers over everything.",
        5,
    )


def busy(what: str) -> ProblemError:
    """503: as many of these are being answered as there may be at once."""
    detail = f"Too many {what} are being answered; send the same request again."
    return unavailable("busy", detail, 5)


def archive_away() -> ProblemError:
    """503: MongoDB does not answer."""
    detail = "The archive does not answer; send the same request again."
    return unavailable("archive-away", detail, 2)


def analytic_archive_away() -> ProblemError:
    """503: the files that have days which MongoDB has dropped do not answer."""
    return unavailable(
        "analytic-archive-away",
        "Some of these days are in the analytic archive alone, and it cannot be read; send the same"
        " request again, or ask for later days.",
        5,
    )


def too_large() -> ProblemError:
    """503: the question needs more memory than one question has."""
    return unavailable(
        "too-large",
        "The analytic archive cannot answer this in the memory of one question; ask for a shorter"
        " time or for one store. `tillstream sql` answers over everything.",
        5,
    )


def not_prepared() -> ProblemError:
    """503: the archive lacks an index that this question needs."""
    return unavailable(
        "not-prepared",
        "The archive lacks an index that this question needs; the worker that writes makes it"
        " before its next write.",
        30,
    )
