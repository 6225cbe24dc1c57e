"""The times of a cron text, on days that are longer and shorter, too."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from jobs import cron

PARIS = ZoneInfo("Europe/Paris")


def day(text: str, when: str, hours: int = 26) -> list[str]:
    """The times of a text in the hours after midnight, by the wall clock with its offset."""
    start = datetime.fromisoformat(when).replace(tzinfo=PARIS).timestamp() - 1
    found = []
    for at in cron.times(text, PARIS, start):
        if at > start + hours * 3600:
            break
        found.append(f"{datetime.fromtimestamp(at, PARIS):%d %H:%M%z}")
    return found


def test_a_job_at_0230_runs_at_0300_on_the_day_that_has_no_0230() -> None:
    assert ["29 03:00+0200"] == day("30 2 * * *", "2026-03-29", 25)


def test_a_job_at_0230_runs_once_on_the_day_that_has_two() -> None:
    assert ["25 02:30+0200"] == day("30 2 * * *", "2026-10-25")


def test_times_that_fall_together_come_once() -> None:
    assert ["29 03:00+0200", "29 03:30+0200"] == day("0,30 2,3 * * *", "2026-03-29", 25)


def test_who_begins_in_the_second_of_two_hours_does_not_go_back_to_the_first() -> None:
    inside = datetime(2026, 10, 25, 2, 10, tzinfo=PARIS, fold=1).timestamp()

    following = next(cron.times("30 2 * * *", PARIS, inside))

    assert datetime(2026, 10, 26, 2, 30, tzinfo=PARIS).timestamp() == following


def test_every_hour_goes_by_time_that_passes() -> None:
    assert 25 == len(day("0 * * * *", "2026-10-25", 25))
    assert 23 == len(day("0 * * * *", "2026-03-29", 23))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("* * * *", "five fields"),
        ("@daily", "five fields"),
        ("61 * * * *", "the minute is none"),
        ("0 4 31 2 *", "the day-of-month is none"),
    ],
)
def test_what_never_comes_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cron.check(text)
