"""Receipts per minute and delays over the last hour and the day, as the plots show them. Pure."""

from collections.abc import Mapping

from dashboard.state.sale_minutes import DAY_MINUTES
from dashboard.state.series import Point, Series, Values, coarse, latest

#: Seconds kept at full detail, and the seconds that one point of the screen joins.
HOUR_SECONDS = 3600
SCREEN_STEP_SECONDS = 10
#: Points at the end of each series that a frame repeats, so that a lost one does no harm.
TAIL_POINTS = 3
TAIL_SECONDS = TAIL_POINTS * SCREEN_STEP_SECONDS


class Paces:
    """Receipts per minute, and p50, p95, p99 of the network delay in ms."""

    def __init__(self) -> None:
        #: Of the last hour by second, of the day by minute.
        self._seconds = Series(1, HOUR_SECONDS)
        self._rates = Series(60, DAY_MINUTES)
        self._delays = Series(60, DAY_MINUTES)

    def fill(self, received: Mapping[int, Values], delays: Mapping[int, Values]) -> None:
        """What the archive had by minute: the number of receipts, and percentiles in ms."""
        # A minute's count is the rate at its end.
        self._rates.fill({minute + 60: count for minute, count in received.items()})
        self._delays.fill(delays)

    def put(self, now: float, rate: float | None, worst: Values) -> None:
        """The second's; None leaves a gap."""
        self._seconds.put(now, (rate, *worst))
        self._rates.put(now, (rate,), latest)
        self._delays.put(now, worst, max)

    def points(self, whole: bool) -> tuple[list[Point], list[Point]]:
        """Rates and delays: `whole` those of the day, else the newest."""
        seconds = self._seconds.points() if whole else self._seconds.tail(TAIL_SECONDS)
        # The first slot of a tail may be cut, so that its largest value is not known.
        first = 0 if whole else 1 - TAIL_POINTS
        rates = coarse((point[:2] for point in seconds), SCREEN_STEP_SECONDS, latest)
        delays = coarse(
            ((time, *percentiles) for time, _, *percentiles in seconds),
            SCREEN_STEP_SECONDS,
            max,  # a peak is what a viewer looks for
        )
        return (
            [*(_before(rates, self._rates) if whole else []), *rates[first:]],
            [*(_before(delays, self._delays) if whole else []), *delays[first:]],
        )


def _before(finer: list[Point], minutes: Series) -> list[Point]:
    """The minutes that end before the finer points begin."""
    if not finer:
        return minutes.points()
    first = finer[0][0] or 0
    return [point for point in minutes.points() if (point[0] or 0) + minutes.step <= first]
