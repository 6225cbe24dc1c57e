"""Answers that are kept a while: the newest of so many, the oldest forgotten first."""

from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def keep(kept: dict[Asked, Answer], asked: Asked, answer: Answer, most: int) -> None:
    """Put an answer in the place of the one before, as the newest of at most `most`."""
    kept.pop(asked, None)
    kept[asked] = answer
    while len(kept) > most:
        del kept[next(iter(kept))]
