"""The day's running sum by the time of sale: from the archive by minute, from the ledger by hour.

Not by arrival: receipts that come late, or all at once, stand where they were sold, and a dashboard
that starts anew draws the same line. What the ledger has of an hour and the archive does not have
yet is spread evenly over that hour, or over what of it came after the archive was read. Pure.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.state.series import Point, Series
from tillstream.clock import BusinessDay

#: Cents and receipts.
Sold = tuple[int, int]

MINUTE, HOUR = 60, 3600
#: A business day has up to 25 hours of one-minute points.
DAY_MINUTES = 25 * 60
#: The hour that runs is read again so long after it was last read, seconds.
READ_AGAIN_SECONDS = 60.0


class SaleMinutes:
    """One business day's sums; `zone` is that of the ledger's hours, None where they differ."""

    def __init__(self, zone: ZoneInfo | None) -> None:
        self._zone = zone
        self._seen = Series(MINUTE, DAY_MINUTES)
        self._starts = 0
        #: The ledger's name of each hour since the day began.
        self._names: list[str] = []
        self.clear()

    def clear(self) -> None:
        """Another day."""
        self._seen.clear()
        self._archived: dict[int, Sold] | None = None
        self._read_at = 0.0
        self._hours: Mapping[str, Sold] | None = None
        self._newest: tuple[float, Sold] | None = None

    def begin(self, day: date, calendar: BusinessDay) -> None:
        """The day that all of this is of."""
        self._starts = int(calendar.starts(day).timestamp())
        ends = int(calendar.starts(day + timedelta(days=1)).timestamp())
        self._names = [
            f"{datetime.fromtimestamp(at, calendar.zone):%H}"
            for at in range(self._starts, ends, HOUR)
        ]

    def count(self, as_of: float, sold: Sold) -> None:
        """The ledger's sum of the day."""
        self._newest = (as_of, sold)
        self._seen.put(as_of, sold)

    def hours(self, hours: Mapping[str, Sold]) -> None:
        """The ledger's sums by the hour of sale."""
        if self._zone is not None:
            self._hours = hours

    def read(self, first: float, end: float, sold: Mapping[int, Sold], at: float) -> bool:
        """The archive's sums by minute of what was sold in [first, end); whether they are new."""
        known = self._archived or {}
        kept = {minute: each for minute, each in known.items() if not first <= minute < end}
        new = self._archived is None or {**kept, **sold} != known
        self._archived = {**kept, **sold}
        self._read_at = max(self._read_at, at)
        return new

    def wanted(self, now: float) -> tuple[float, float] | None:
        """What to read again: from and to which instant the archive's sums are not the ledger's."""
        if self._archived is None or self._newest is None:
            return None
        whole = (float(self._starts), float(self._starts + len(self._names) * HOUR))
        recently = now - self._read_at < READ_AGAIN_SECONDS
        if self._hours is None:
            return None if recently or self._newest[1] == _sum(self._archived) else whole
        running = self._name(int(now))
        missing = self._missing()
        places = [
            place
            for place, name in enumerate(self._names)
            if name in missing and not (name == running and recently)
        ]
        if not places:
            return None
        start = self._starts
        return float(start + places[0] * HOUR), float(start + (places[-1] + 1) * HOUR)

    @property
    def only_seen(self) -> bool:
        """Whether no sum by the time of sale is known yet, only what was told when."""
        return self._archived is None and not self._hours

    def tail(self, number: int) -> list[Point]:
        """The newest points of what was only seen, at a cost that does not grow."""
        return self._seen.tail(number)

    def points(self) -> list[Point]:
        """Minute, running cents and receipts, with no minute left out."""
        if self.only_seen:
            return self._seen.points()
        end = int(max(self._read_at, self._newest[0] if self._newest else 0.0)) // MINUTE * MINUTE
        sold: dict[int, Sold] = {}
        for minute, each in (self._archived or {}).items():
            # Of a clock that is ahead: it is counted now.
            _add(sold, min(minute, end), each)
        for first, last, rest in self._unread(end):
            _spread(sold, first, last, rest)
        seen = self._seen.points()
        starts = [*sold, *(int(point[0] or 0) for point in seen[:1])]
        if not starts:
            return []
        first = min(starts)
        last = min(end, first + MINUTE * (DAY_MINUTES - 1))
        points: list[Point] = []
        gross = receipts = 0
        for minute in range(first, last + MINUTE, MINUTE):
            more = sold.get(minute, (0, 0))
            gross, receipts = gross + more[0], receipts + more[1]
            points.append((minute, gross, receipts))
        if self._newest is not None and points:
            # The tile beside it says the same.
            points[-1] = (points[-1][0], *self._newest[1])
        return points

    def _unread(self, end: int) -> list[tuple[int, int, Sold]]:
        """What the ledger has and the archive does not: first and last minute, and the sums."""
        read = int(self._read_at) // MINUTE * MINUTE if self._archived is not None else 0
        if self._hours is None:
            if self._newest is None:
                return []
            known, total = _sum(self._archived or {}), self._newest[1]
            return [(min(read, end), end, (total[0] - known[0], total[1] - known[1]))]
        found = []
        for name, rest in self._missing().items():
            places = [place for place, each in enumerate(self._names) if each == name]
            if not places:
                continue
            first = self._starts + places[0] * HOUR
            last = min(self._starts + (places[-1] + 1) * HOUR - MINUTE, end)
            if first <= read <= last:
                first = read
            found.append((min(first, last), last, rest))
        return found

    def _missing(self) -> dict[str, Sold]:
        """Of each hour: what the ledger has more than the archive.

        Where it has fewer receipts it is behind: what was sold stands all the same.
        """
        rest = dict(self._hours or {})
        for minute, (gross, receipts) in (self._archived or {}).items():
            if (name := self._name(minute)) is not None:
                known = rest.get(name, (0, 0))
                rest[name] = (known[0] - gross, known[1] - receipts)
        return {name: each for name, each in rest.items() if each != (0, 0) and each[1] >= 0}

    def _name(self, minute: int) -> str | None:
        place = (minute - self._starts) // HOUR
        return self._names[place] if 0 <= place < len(self._names) else None


def _sum(sold: Mapping[int, Sold]) -> Sold:
    return sum(each[0] for each in sold.values()), sum(each[1] for each in sold.values())


def _add(sold: dict[int, Sold], minute: int, more: Sold) -> None:
    known = sold.get(minute, (0, 0))
    sold[minute] = (known[0] + more[0], known[1] + more[1])


def _spread(sold: dict[int, Sold], first: int, last: int, rest: Sold) -> None:
    """Evenly and exactly over the minutes from the first to the last."""
    number = (last - first) // MINUTE + 1
    for k in range(number):
        gross, receipts = (each * (k + 1) // number - each * k // number for each in rest)
        _add(sold, first + k * MINUTE, (gross, receipts))
