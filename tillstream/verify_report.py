"""The last report of `verify`, as it is left in MongoDB for whoever shows it."""

from typing import Any

import msgspec

from tillstream.receipt import Wire

#: The only document of `archive.PROOFS`.
LAST = "last"
#: Differences that are named; `differences` says how many there were.
MAX_NAMED = 20


class Disagreement(Wire, frozen=True):
    """A figure that two of the books do not agree on."""

    what: str
    day: str
    store: str
    expected: str
    found: str


class Proof(Wire, frozen=True):
    """What `verify` found, and when; times are Unix seconds."""

    started_at: float
    ended_at: float
    #: 0 only when all books agree.
    exit_status: int
    #: The verdict in one line.
    verdict: str
    differences: int
    named: tuple[Disagreement, ...]


def document(proof: Proof) -> dict[str, Any]:
    """The proof as its document."""
    fields: dict[str, Any] = msgspec.to_builtins(proof)
    return {"_id": LAST, **fields}


def read(found: dict[str, Any]) -> Proof:
    """The proof of a document; raises msgspec.ValidationError when it is none."""
    return msgspec.convert(found, Proof)
