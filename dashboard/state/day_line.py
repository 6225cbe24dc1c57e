"""The minutes of the day as the viewers have them: which are to be drawn anew. Pure."""

from datetime import date
from zoneinfo import ZoneInfo

from dashboard.state.paces import TAIL_POINTS
from dashboard.state.sale_minutes import SaleMinutes
from dashboard.state.series import Point
from tillstream.clock import BusinessDay


class DayLine(SaleMinutes):
    """Sum in cents and number of receipts, running, at the end of each minute."""

    def __init__(self, zone: ZoneInfo | None) -> None:
        super().__init__(zone)
        #: As of the second before, by minute.
        self._drawn: dict[float | int | None, Point] = {}
        #: The newest minutes, and those that are no longer as they were drawn.
        self.redrawn: list[Point] = []

    def turn_to(self, day: date, calendar: BusinessDay) -> None:
        """Another day, of which nothing is known yet."""
        self.clear()
        self.begin(day, calendar)
        self._drawn = {}

    def redraw(self) -> None:
        """Find what has changed since it was asked last."""
        if self.only_seen:
            self.redrawn = self.tail(TAIL_POINTS)
            return
        points = {point[0]: point for point in self.points()}
        changed = {m: point for m, point in points.items() if self._drawn.get(m) != point}
        newest = {m: points[m] for m in list(points)[-TAIL_POINTS:]}
        self.redrawn = sorted((changed | newest).values(), key=lambda point: point[0] or 0)
        self._drawn = points
