"""What a reader of a file format gives: receipts with their place, and what a closing says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

#: Of what is wrong in a file, so much is kept to be named.
KEPT = 1_000
#: Kinds of receipts that are apart.
APART_KINDS = 1_000

_T = TypeVar("_T")


class Kept(list[_T]):
    """A list that keeps its first entries and counts the others, as a file may have millions."""

    def __init__(self) -> None:
        super().__init__()
        #: Entries that were not kept.
        self.more = 0

    def append(self, one: _T) -> None:
        """Keep it where there is room."""
        if len(self) < KEPT:
            super().append(one)
        else:
            self.more += 1

    def extend(self, some: Iterable[_T]) -> None:
        """Append each."""
        for one in some:
            self.append(one)

    @property
    def number(self) -> int:
        """Of all entries."""
        return len(self) + self.more


class Found(NamedTuple):
    """One receipt of the contract, with the file and the line that it is from."""

    place: str
    receipt: dict[str, Any]


@dataclass(slots=True)
class Closing:
    """A row of the summary: one closing of one till, or a day of a file that has none."""

    day: str
    till: str
    #: The number of the Z report; empty where the format has none.
    number: str = ""
    receipts: int = 0
    #: Minor units of `currency`.
    gross: int = 0
    currency: str = "EUR"
    #: In words, what its own figures say otherwise than its receipts.
    differences: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """What is known of a file when all of it was read."""

    closings: list[Closing] = field(default_factory=list)
    #: What is no sale, by its kind: "AVTraining", "Geldtransit", "cancelled".
    apart: Counter[str] = field(default_factory=Counter)
    #: Receipts that could not be made: place and reason.
    refused: Kept[tuple[str, str]] = field(default_factory=Kept)
    #: What is wrong with the file as a whole.
    problems: Kept[str] = field(default_factory=Kept)
    #: What was not looked at, and why.
    unchecked: list[str] = field(default_factory=list)
    #: Parts of the file that receipts are not made of, and why.
    unused: list[str] = field(default_factory=list)
    #: Shops that go by the name that the file gives them, and why.
    stores: list[str] = field(default_factory=list)

    def refuse(self, place: str, reason: str) -> None:
        """Name a receipt that is left out."""
        self.refused.append((place, reason))

    def set_apart(self, kind: str) -> None:
        """Count what is no sale; `kind` may be any text of the file."""
        kind = kind[:100]
        if kind not in self.apart and len(self.apart) >= APART_KINDS:
            kind = "of other kinds"
        self.apart[kind] += 1

    @property
    def differs(self) -> bool:
        """Whether the file contradicts itself, or a part of it was left out."""
        return bool(self.refused or self.problems or any(c.differences for c in self.closings))


class Reader(Protocol):
    """A file that is open: it is read once."""

    #: Bytes, for the share that is done.
    size: int
    account: Account

    def position(self) -> int:
        """Bytes that were read so far."""

    def receipts(self) -> Iterator[Found]:
        """Its receipts in constant memory; `account` is whole after the last one.

        Raises ImportFileError when the file cannot be read further.
        """
