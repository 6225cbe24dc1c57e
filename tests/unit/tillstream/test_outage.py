"""An outage is said when it begins, once a minute, and when it is over."""

from tillstream.runtime.outage import Outage


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_is_a_line_a_minute_however_often_it_is_tried() -> None:
    clock = Clock()
    outage = Outage(clock)
    said = []
    for second in range(130):
        clock.now = 100.0 + second
        said.append(outage.failed())

    lines = [(second, fields) for second, fields in enumerate(said) if fields is not None]
    assert lines == [
        (0, {}),
        (60, {"attempts": 61, "away_seconds": 60.0}),
        (120, {"attempts": 121, "away_seconds": 120.0}),
    ]


def test_its_end_says_how_long_it_was_and_the_next_one_begins_anew() -> None:
    clock = Clock()
    outage = Outage(clock)
    before = outage.over()
    outage.failed()
    clock.now += 40
    outage.failed()

    assert ({}, {"attempts": 2, "away_seconds": 40.0}) == (before, outage.over())
    assert ({}, {}) == (outage.over(), outage.failed())
