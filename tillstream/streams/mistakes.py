"""What is wrong in definitions, where, and how to mend it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from tillstream.errors import SettingsError

#: Names that are listed where none is near.
_MOST_LISTED = 12


class Mistake(NamedTuple):
    """What is wrong in a definition, where, and how to mend it."""

    file: str
    #: From 1; 0 where there is none, as of a folder.
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text}"


class DefinitionError(SettingsError):
    """Definitions that do not hold. `mistakes` names each with its file and line.

    A process that starts tells them one a line, with the status of a start that cannot succeed.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__([str(mistake) for mistake in mistakes])

    def __str__(self) -> str:
        return "\n".join(self.problems)


def proposal(name: str, allowed: Iterable[str]) -> str:
    """`; did you mean 'x'?`, else what is allowed."""
    names = sorted(allowed)
    if near := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {near[0]!r}?"
    if not names:
        return ""
    more = ", ..." if len(names) > _MOST_LISTED else ""
    return f"; there are {', '.join(names[:_MOST_LISTED])}{more}"
