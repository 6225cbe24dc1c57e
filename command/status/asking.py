"""Asks several parts at once, none of them longer than a bound."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from command.status.findings import Unasked
from tillstream.errors import TillstreamError


class NoAnswerError(TillstreamError):
    """A part could not be asked; the text says why."""


def brief(error: BaseException) -> str:
    """What an error says, in one short line."""
    return " ".join((str(error) or type(error).__name__).split())[:160]


def ask_all(
    questions: Mapping[str, Callable[[], Any]], seconds: float
) -> tuple[dict[str, Any], list[Unasked]]:
    """The answers by their questions, and who has given none within `seconds`.

    A question says that it cannot be answered by NoAnswerError or OSError. One that hangs is left
    behind: its thread ends with the process.
    """
    answers: dict[str, Any] = {}
    refused: dict[str, str] = {}

    def ask(name: str, question: Callable[[], Any]) -> None:
        try:
            answers[name] = question()
        except (NoAnswerError, OSError) as error:
            refused[name] = str(error) or type(error).__name__

    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=ask, args=item, name=item[0], daemon=True)
        for item in questions.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = f"no answer within {seconds:g} s"
    given = dict(answers)
    missing = [Unasked(name, refused.get(name, late)) for name in questions if name not in given]
    return given, missing
