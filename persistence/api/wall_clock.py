"""The hour of a store's wall clock as MongoDB computes it, by the zones of this program. No I/O.

MongoDB has zone tables of its own: another edition, and without the seconds of the times before
zones. Here the offsets come from where the ledger has them, and MongoDB only adds.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tillstream.archive import Document
from tillstream.clock import AROUND
from tillstream.stores import StoreTable

_HOUR_MS = 3_600_000


def hour_of(first: date, end: date, table: StoreTable) -> Document:
    """An expression of the hour, 0 to 23, of receipts of the business days [first, end)."""
    in_default, by_zone = offsets(first, end, table)
    default = _offset(in_default)
    branches = [
        {"case": {"$in": ["$store", stores]}, "then": _offset(of_zone)}
        for stores, of_zone in by_zone
    ]
    offset = {"$switch": {"branches": branches, "default": default}} if branches else default
    wall = {"$add": [{"$toLong": "$date"}, offset]}
    hours = {"$floor": {"$divide": [wall, _HOUR_MS]}}
    # The rest of a negative number is negative.
    return {"$toInt": {"$mod": [{"$add": [{"$mod": [hours, 24]}, 24]}, 24]}}


#: Until when which offset holds, ms; the last one for ever.
Changes = list[tuple[datetime, int]]


def offsets(
    first: date, end: date, table: StoreTable
) -> tuple[Changes, list[tuple[list[str], Changes]]]:
    """Of the chain's zone, and of each other zone with its stores, around the days [first, end)."""
    start = datetime.combine(first, time(), UTC) - AROUND
    stop = datetime.combine(end, time(), UTC) + AROUND
    zones: dict[str, list[str]] = {}
    for store, calendar in table.exceptions.items():
        zones.setdefault(calendar.zone.key, []).append(store)
    zones.pop(table.default.zone.key, None)
    return list(changes(table.default.zone, start, stop)), [
        (stores, list(changes(ZoneInfo(zone), start, stop))) for zone, stores in zones.items()
    ]


def changes(zone: ZoneInfo, start: datetime, stop: datetime) -> Iterator[tuple[datetime, int]]:
    """Until when which offset holds, ms, from `start` to `stop`; the last one for ever."""
    day, offset = start, _milliseconds(zone, start)
    while day < stop:
        following = min(day + timedelta(days=1), stop)
        if _milliseconds(zone, following) != offset:
            before, after = day, following
            while after - before > timedelta(seconds=1):
                middle = before + (after - before) // 2
                middle = middle.replace(microsecond=0)
                if _milliseconds(zone, middle) == offset:
                    before = middle
                else:
                    after = middle
            yield after, offset
            offset = _milliseconds(zone, following)
        day = following
    yield datetime.max.replace(tzinfo=UTC), offset


def _offset(of_zone: Changes) -> Document | int:
    *before, (_, last) = of_zone
    if not before:
        return last
    branches = [{"case": {"$lt": ["$date", until]}, "then": offset} for until, offset in before]
    return {"$switch": {"branches": branches, "default": last}}


def _milliseconds(zone: ZoneInfo, moment: datetime) -> int:
    return (moment.astimezone(zone).utcoffset() or timedelta()) // timedelta(milliseconds=1)
