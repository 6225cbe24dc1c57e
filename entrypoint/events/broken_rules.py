"""What is wrong with a value or a row: the rule, and how to mend it."""

from typing import Any

import msgspec

#: Characters of a value that an answer repeats.
SHOWN_CHARACTERS = 60


class BrokenRuleError(Exception):
    """A value that its field does not take. `rule` is its id, `message` says how to mend it."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        self.message = message
        super().__init__(message)


class BrokenRule(msgspec.Struct, frozen=True):
    """A rule that a row breaks, as it is answered."""

    #: From 1: the line of a text, the position in a list, the row of a file of columns.
    line: int
    #: The field or column; "" where it is the row as a whole.
    column: str
    rule: str
    message: str


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that is not accepted, with every rule that it breaks."""

    broken: tuple[BrokenRule, ...]
    #: As it came, perhaps cut.
    row: str


def shown(value: Any) -> str:
    """The value, for a message."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
