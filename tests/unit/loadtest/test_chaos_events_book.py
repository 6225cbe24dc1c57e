"""The book of events finds every difference, in both directions."""

import csv
import io
from decimal import Decimal

import pytest

from loadtest.chaos.events_book import EventBodies, EventBody, EventsBook, Figures

ONE, TWO, OPEN = (EventBody(number, Figures(2, 300), b"") for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ({1: ONE.figures, 2: TWO.figures}, ()),
        ({1: ONE.figures, 2: TWO.figures, 3: OPEN.figures}, ()),
        ({1: ONE.figures}, ("body 2 lost",)),
        (
            {1: ONE.figures, 2: TWO.figures, 3: Figures(1, 100)},
            ("body 3 altered (1 events of 2)",),
        ),
        ({1: Figures(4, 600), 2: TWO.figures}, ("body 1 altered (4 events of 2)",)),
        ({1: Figures(2, 301), 2: TWO.figures}, ("body 1 altered (2 events of 2)",)),
        ({1: ONE.figures, 2: TWO.figures, 4: OPEN.figures}, ("body 4 never sent",)),
    ],
    ids=["all", "an open one", "lost", "a part of an open one", "twice", "other cents", "extra"],
)
def test_every_difference_is_told(counted: dict[int, Figures], expected: tuple[str, ...]) -> None:
    book = EventsBook()
    for body in (ONE, TWO, OPEN):
        book.send(body)
    for number in (1, 2, 1):
        book.acknowledge(number, float(number))

    assert expected == book.check(counted)
    assert 4 == book.accepted
    assert (None, 1, 2) == (book.newest(0.5), book.newest(1.5), book.newest(9))


def test_a_wrong_answer_is_a_difference() -> None:
    book = EventsBook()
    book.wrong_answer("409 to body 1")

    assert ("409 to body 1",) == book.check({})


def test_bodies_are_new_or_were_accepted_and_say_what_they_add() -> None:
    bodies, seen = EventBodies(1), dict[int, EventBody]()
    for _ in range(200):
        body = bodies.next()
        rows = list(csv.DictReader(io.StringIO(body.content.decode())))
        cents = sum(int(Decimal(row["amount"]) * 100) for row in rows)

        assert body.figures == Figures(len(rows), cents)
        assert {str(body.number)} == {row["number"] for row in rows}
        assert seen.setdefault(body.number, body) == body
        bodies.accepted(body)

    assert 100 < len(seen) < 190
