"""What bodies of events were sent and accepted, and whether windows hold just that: no I/O."""

import bisect
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from loadtest.chaos.requests import Posted, posted_csv

#: Events of a body: of one message that is gathered, up to many by themselves.
_SIZES = (1, 2, 20, 400, 2_000)
#: Bodies that may come again.
_REMEMBERED = 2_000
#: How often a body comes again that was accepted before.
_REPEATED = 0.2


class Figures(NamedTuple):
    """What a window counts of a body."""

    events: int
    cents: int


class EventBody(NamedTuple):
    """A body as it is sent, the same bytes each time, under its own Idempotency-Key."""

    number: int
    figures: Figures
    content: bytes
    #: Where it is posted to.
    stream: str = "chaos"

    @property
    def key(self) -> str:
        """The Idempotency-Key."""
        return f"chaos-{self.number}"

    def posted(self) -> Posted:
        """How it is sent."""
        return posted_csv(self.stream, self.key)


class EventBodies:
    """Draws the bodies of a run; the same seed and answers give the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"events {seed}")
        self._number = 0
        self._accepted: list[EventBody] = []

    def next(self) -> EventBody:
        """A new body, or one that was accepted before."""
        if self._accepted and self._random.random() < _REPEATED:
            return self._random.choice(self._accepted)
        self._number += 1
        cents = [self._random.randint(0, 99_999) for _ in range(self._random.choice(_SIZES))]
        lines = [f"{self._number},{each // 100}.{each % 100:02d}\n" for each in cents]
        content = "".join(["number,amount\n", *lines]).encode()
        return EventBody(self._number, Figures(len(cents), sum(cents)), content)

    def accepted(self, body: EventBody) -> None:
        """It may come again."""
        self._accepted = [*self._accepted[1 - _REMEMBERED :], body]


class EventsBook:
    """The sender's own book; others may ask while it is written."""

    def __init__(self) -> None:
        self._sent: dict[int, Figures] = {}
        self._acknowledged: set[int] = set()
        #: When bodies were first acknowledged, Unix seconds, ascending; and their numbers.
        self._times: list[float] = []
        self._numbers: list[int] = []
        self._wrong: list[str] = []

    @property
    def accepted(self) -> int:
        """Events that were acknowledged."""
        return sum(self._sent[number].events for number in self._numbers)

    def send(self, body: EventBody) -> None:
        """A body is about to be sent: from now on it may be counted."""
        self._sent[body.number] = body.figures

    def acknowledge(self, number: int, at: float) -> None:
        """The door has answered 202, now or again."""
        if number not in self._acknowledged:
            self._acknowledged.add(number)
            # The number first: who finds the time finds the number.
            self._numbers.append(number)
            self._times.append(at)

    def wrong_answer(self, what: str) -> None:
        """The door answered what it must not."""
        self._wrong.append(what)

    def newest(self, at: float) -> int | None:
        """The body that was acknowledged last in (-inf, at]."""
        place = bisect.bisect_right(self._times, at)
        return self._numbers[place - 1] if place else None

    def check(self, counted: Mapping[int, Figures]) -> tuple[str, ...]:
        """Every difference to what windows have by body; none when they hold.

        A body without a known outcome is counted whole or not at all.
        """
        lost = [number for number in self._numbers if number not in counted]
        extra = [number for number in counted if number not in self._sent]
        altered = [
            f"body {number} altered ({figures.events} events of {self._sent[number].events})"
            for number, figures in counted.items()
            if number in self._sent and figures != self._sent[number]
        ]
        found = [f"body {number} lost" for number in lost]
        found += [f"body {number} never sent" for number in extra]
        return (*found, *altered, *self._wrong)
