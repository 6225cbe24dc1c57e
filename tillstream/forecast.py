"""Where a day will end: what is sold, and the usual rest as far as the day runs as usual. Pure.

The rule is docs/decisions/0027-forecast.md; `script/bench forecast` measures its error. Gross is
in cents, by the hours "00" to "23" of the business day.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tillstream.usual import usual_days

#: Gross in cents of each hour.
Hours = Mapping[str, int]

#: Fewest same weekdays that are usual.
LEAST_USUAL = 2
#: The day is thought of as if this share of a usual day had been sold before it, as usual: an
#: early hour that is odd then says little.
WEIGHT_OF_THE_USUAL = 0.2
#: So many days before are foretold by the same rule, to see how far it is wrong.
TESTED_DAYS = 28
#: Fewest of them that tell of a band, and the share of them that has ended within it.
LEAST_TESTED = 4
WITHIN = 0.8


class Forecast(NamedTuple):
    """The gross that a day is expected to end with, in cents."""

    expected: int
    #: The bounds within which WITHIN of the tested days have ended; None where too few are known.
    low: int | None
    high: int | None
    #: Same weekdays that it is made of, and days before that the bounds are made of.
    usual_days: int
    tested_days: int


def wanted_days(day: date) -> list[str]:
    """All days whose hours `forecast` looks at, the newest first."""
    tested = [day - timedelta(days=ago) for ago in range(1, TESTED_DAYS + 1)]
    every = {each for one in (day, *tested) for each in usual_days(one)}
    return sorted(every | {one.isoformat() for one in tested}, reverse=True)


def forecast(day: date, sold: Hours, past: Mapping[str, Hours], over: Collection[str]) -> Forecast:
    """Of what is `sold` so far the hours that are `over` tell; `past` by day, where it is known.

    Raises TooFewDaysError where fewer than LEAST_USUAL same weekdays are known.
    """
    usual = usual_hours(day, past)
    if len(usual) < LEAST_USUAL:
        raise TooFewDaysError(len(usual))
    found = expected(_gross(sold, over), usual, over)
    errors = past_errors(day, past, over)
    margin = _margin(errors)
    # What the hour that runs has sold is sold, however little was expected of it.
    least = sum(sold.values())
    return Forecast(
        expected=max(round(found), least),
        low=None if margin is None else max(round(found * (1 - margin)), least),
        high=None if margin is None else max(round(found * (1 + margin)), least),
        usual_days=len(usual),
        tested_days=len(errors),
    )


class TooFewDaysError(ValueError):
    """`known` same weekdays only."""

    def __init__(self, known: int) -> None:
        super().__init__(f"{known} same weekdays are known, {LEAST_USUAL} are needed")
        self.known = known


def usual_hours(day: date, past: Mapping[str, Hours]) -> list[Hours]:
    """The hours of those of the last four same weekdays that sold anything."""
    return [hours for each in usual_days(day) if (hours := past.get(each))]


def expected(sold: float, usual: Sequence[Hours], over: Collection[str]) -> float:
    """`sold` cents of the hours that are over, and the usual rest at the day's own pace."""
    whole = sum(sum(hours.values()) for hours in usual) / len(usual)
    until = sum(_gross(hours, over) for hours in usual) / len(usual)
    before = WEIGHT_OF_THE_USUAL * whole
    pace = (sold + before) / (until + before) if until + before > 0 else 1.0
    return sold + max(0.0, pace) * (whole - until)


def past_errors(day: date, past: Mapping[str, Hours], over: Collection[str]) -> list[float]:
    """Of each day before that is known: how far its end was from what was expected, as a share.

    At the same hours and by the same rule, of what was before that day.
    """
    errors = []
    for ago in range(1, TESTED_DAYS + 1):
        tested = day - timedelta(days=ago)
        hours, usual = past.get(tested.isoformat()), usual_hours(tested, past)
        if not hours or not usual:
            continue
        told = expected(_gross(hours, over), usual, over)
        if told > 0:
            errors.append(abs(sum(hours.values()) - told) / told)
    return errors


def _margin(errors: Sequence[float]) -> float | None:
    """The least share that WITHIN of the errors do not exceed, one more day being as they were.

    Split conformal prediction: Vovk et al., Algorithmic Learning in a Random World, 2005.
    """
    if len(errors) < LEAST_TESTED:
        return None
    place = min(len(errors), math.ceil(WITHIN * (len(errors) + 1)))
    return sorted(errors)[place - 1]


def _gross(hours: Hours, over: Collection[str]) -> int:
    return sum(hours.get(hour, 0) for hour in over)
