"""Bounded series: one point a slot of time, the oldest dropped beyond the capacity."""

from collections.abc import Callable, Iterable, Mapping

#: What a slot holds; None where nothing is known, which is drawn as a gap.
Values = tuple[float | int | None, ...]
#: A slot's start in Unix seconds, then its values.
Point = tuple[float | int | None, ...]
Join = Callable[[float, float], float]


class Series:
    """Points on a grid of `step` seconds; slot `t` is the half-open interval [t, t + step)."""

    def __init__(self, step: int, capacity: int) -> None:
        self.step = step
        self.capacity = capacity
        self._slots: dict[int, Values] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, unix_seconds: float) -> int:
        """Start of the slot that holds the instant."""
        return int(unix_seconds // self.step) * self.step

    def put(self, unix_seconds: float, values: Values, join: Join | None = None) -> None:
        """Set the slot of an instant, or join what it holds with `values`.

        A slot older than the newest is left as it was drawn.
        """
        slot = self.slot(unix_seconds)
        newest = next(reversed(self._slots), slot)
        if slot < newest:
            return
        known = self._slots.get(slot)
        self._slots[slot] = (
            values if join is None or known is None else _joined(known, values, join)
        )
        self._trim()

    def fill(self, older: Mapping[int, Values]) -> None:
        """Add slots from history; a slot that was seen live keeps its live values."""
        self._slots = dict(sorted({**older, **self._slots}.items()))
        self._trim()

    def clear(self) -> None:
        self._slots.clear()

    def points(self) -> list[Point]:
        """All points, oldest first."""
        return [(slot, *values) for slot, values in self._slots.items()]

    def tail(self, count: int) -> list[Point]:
        """The newest `count` points, oldest first, at a cost that does not grow."""
        slots = reversed(self._slots.items())
        newest = [(slot, *values) for (slot, values), _ in zip(slots, range(count), strict=False)]
        return newest[::-1]

    def _trim(self) -> None:
        while len(self._slots) > self.capacity:
            del self._slots[next(iter(self._slots))]


def coarse(points: Iterable[Point], step: int, join: Join) -> list[Point]:
    """Points joined into slots of `step` seconds; those that come must be sorted.

    `join` makes one value of two, the earlier first; a value that is None gives way.
    """
    joined: dict[int, Values] = {}
    for time, *values in points:
        slot = int(time or 0) // step * step
        known = joined.get(slot)
        joined[slot] = tuple(values) if known is None else _joined(known, values, join)
    return [(slot, *values) for slot, values in joined.items()]


def _joined(known: Iterable[float | None], values: Iterable[float | None], join: Join) -> Values:
    return tuple(
        (new if old is None else old) if old is None or new is None else join(old, new)
        for old, new in zip(known, values, strict=True)
    )


def latest(_: float, new: float) -> float:
    """Of a sliding figure the newest stands for its slot."""
    return new
