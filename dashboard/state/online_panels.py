"""What the pages of the online shop show, made of sums: rows by panel. No I/O."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from dashboard.state.minute_sums import MinuteSums, Number, Span, Sums
from dashboard.state.online_windows import (
    CATEGORIES,
    CREDITS,
    FAILURES,
    FUNNEL,
    GENDERS,
    MODELS,
    REVENUE,
    SOURCES,
)
from tillstream.clock import BusinessDay

Range = Literal["hour", "day"]
RANGES: tuple[Range, ...] = ("hour", "day")
MINUTE, HOUR_MINUTES = 60, 60
#: Rows of one table of a panel; those that are smaller are summed in one more.
MOST_ROWS = 10
#: Name of that row, as in dashboard/state/panels.py.
REST = "*"
_CREDIT = 1_000_000

Panel = list[list[Any]]


class Reading(NamedTuple):
    """What was read of MongoDB at one time."""

    at: float
    hour: Span
    day: Span
    summed: Mapping[str, MinuteSums]
    #: Rows of the windows of `online_windows.NEWEST`.
    newest: Mapping[str, Panel]
    empty: bool
    problem: str = ""


def spans(newest: int | None, now: float, calendar: BusinessDay, day: date) -> tuple[Span, Span]:
    """The last hour, and the business day up to its end: whole minutes.

    The hour ends with the newest minute that has a row; with the present one while there is none.
    """
    last = int(now if newest is None else min(newest, now)) // MINUTE * MINUTE + MINUTE
    present = int(now) // MINUTE * MINUTE + MINUTE
    starts = int(calendar.starts(day).timestamp())
    return Span(last - HOUR_MINUTES * MINUTE, last), Span(starts, max(present, starts))


def panels(reading: Reading) -> dict[str, Panel]:
    """Every panel; those of one range have it before their name: `hour:sources`."""
    summed = reading.summed
    made: dict[str, Panel] = {
        "total": [_total(summed, name) for name in RANGES],
        "minutes": _over_time(summed, reading.hour, MINUTE),
        "hours": _over_time(summed, reading.day, 3600),
        **reading.newest,
    }
    if FUNNEL in summed:
        made["funnel"] = [[name, *summed[FUNNEL].total(name)] for name in RANGES]
    for name in RANGES:
        made[f"{name}:sources"] = _sources(summed, name)
        for panel, window in (
            ("categories", CATEGORIES),
            ("failures", FAILURES),
            ("gender", GENDERS),
        ):
            if window in summed:
                made[f"{name}:{panel}"] = ranked(summed[window].sums(name))
    return made


def _total(summed: Mapping[str, MinuteSums], name: Range) -> list[Any]:
    """Range, revenue, profit, quantity, purchases, failures, and purchases that lack a product."""
    *revenue, unknown = summed[REVENUE].total(name) if REVENUE in summed else (None,) * 5
    failed = summed[FAILURES].total(name)[0] if FAILURES in summed else None
    return [name, *(shown(each) for each in (*revenue, failed, unknown))]


def _over_time(summed: Mapping[str, MinuteSums], span: Span, step: int) -> Panel:
    """Start, revenue, profit, quantity, purchases of each step that has a row."""
    if REVENUE not in summed:
        return []
    steps: dict[int, tuple[Number, ...]] = {}
    for start, figures in summed[REVENUE].by_start(span).items():
        # Whole hours after the span's start: zones differ by quarters of an hour.
        slot = span.first + (start - span.first) // step * step
        known = steps.get(slot)
        steps[slot] = (
            figures
            if known is None
            else tuple(one + other for one, other in zip(known, figures, strict=True))
        )
    return [[slot, *map(shown, figures[:4])] for slot, figures in steps.items()]


def _sources(summed: Mapping[str, MinuteSums], name: Range) -> Panel:
    """Source (None: no click found) and its credits in millionths, one a model."""
    if CREDITS in summed:
        found = summed[CREDITS].sums(name)
    else:
        # Without credits the purchases by the source of their row stand for every model.
        purchases = summed[SOURCES].sums(name) if SOURCES in summed else {}
        found = {key: (figures[0] * _CREDIT,) * len(MODELS) for key, figures in purchases.items()}
    ranks = sorted(found.items(), key=lambda item: (-item[1][0], item[0] or ""))
    rest = [figures for key, figures in ranks if key is not None][MOST_ROWS:]
    kept = [key for key, _ in ranks if key is not None][:MOST_ROWS]
    rows = [[key, *map(int, found[key])] for key in kept]
    if rest:
        rows.append([REST, *(int(sum(column)) for column in zip(*rest, strict=True))])
    if None in found:
        rows.append([None, *map(int, found[None])])
    return rows


def ranked(sums: Sums) -> Panel:
    """Key and count, the largest first; those beyond the most in one, what has no key last."""
    ranks = sorted(
        ((key, figures[0]) for key, figures in sums.items() if key is not None),
        key=lambda item: (-item[1], item[0]),
    )
    rows: Panel = [[key, shown(count)] for key, count in ranks[:MOST_ROWS]]
    if rest := ranks[MOST_ROWS:]:
        rows.append([REST, shown(sum(count for _, count in rest))])
    if None in sums:
        rows.append([None, shown(sums[None][0])])
    return rows


def shown(value: Any) -> Any:
    """An integer as it is, a decimal as exact text, a time as Unix seconds."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return int(value.timestamp())
        case _:
            return value
