"""What the pages of the online shop show: panels made of sums, and only what changed of them."""

import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

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
from dashboard.state.windows_heard import Heard
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


class Head(msgspec.Struct, array_like=True, frozen=True):
    """What the events worker last said of a window; times are Unix seconds."""

    as_of: float
    complete_until: float | None
    stale: str


class OnlineAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The panels that changed since what its reader knows; all of them when `whole`."""

    known: str
    whole: bool
    at: float
    #: When MongoDB last answered; None before it ever did.
    read_at: float | None
    #: Why not all rows are shown; "" if they are.
    problem: str
    #: Whether no window has a row.
    empty: bool
    hour: Span
    day: Span
    heads: dict[str, Head]
    #: Rows by panel; `minutes` and `hours` have single rows, known by their start.
    panels: dict[str, Panel]


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


#: Panels whose rows are known by their first column.
_KEYED = ("minutes", "hours")


class OnlineState:
    """The newest panels for all viewers; safe to use from several threads."""

    def __init__(self, epoch: str) -> None:
        """`epoch` is of this process: what another one has said is not known here."""
        self._epoch = epoch
        self._lock = threading.Lock()
        self._sequence = 0
        self._reading: Reading | None = None
        #: When each panel, and each row of the keyed ones, changed, as a sequence number.
        self._panels: dict[str, tuple[int, Panel]] = {}
        self._rows: dict[str, dict[int, tuple[int, list[Any]]]] = {name: {} for name in _KEYED}

    def take(self, reading: Reading) -> None:
        """Make panels of what was read."""
        made = panels(reading)
        with self._lock:
            self._sequence += 1
            self._reading = reading
            for name in _KEYED:
                known = self._rows[name]
                self._rows[name] = {
                    row[0]: known[row[0]]
                    if row[0] in known and known[row[0]][1] == row
                    else (self._sequence, row)
                    for row in made.pop(name)
                }
            for name, rows in made.items():
                if name not in self._panels or self._panels[name][1] != rows:
                    self._panels[name] = (self._sequence, rows)

    def answer(
        self, known: str, shown: Range, heard: Mapping[str, Heard], at: float
    ) -> OnlineAnswer | None:
        """What a reader of `known` needs at `at`; None when there is nothing new."""
        with self._lock:
            epoch, _, text = known.partition(".")
            since = int(text) if epoch == self._epoch and text.isdecimal() else 0
            since = since if since <= self._sequence else 0
            reading = self._reading
            if reading is not None and since == self._sequence:
                return None
            own = {name: rows for name, (changed, rows) in self._panels.items() if changed > since}
            prefixes = tuple(f"{name}:" for name in RANGES)
            found = {
                name.removeprefix(f"{shown}:"): rows
                for name, rows in own.items()
                if name.startswith(f"{shown}:") or not name.startswith(prefixes)
            }
            for name in _KEYED:
                if rows := [row for changed, row in self._rows[name].values() if changed > since]:
                    found[name] = rows
            return OnlineAnswer(
                known=f"{self._epoch}.{self._sequence}",
                whole=since == 0,
                at=at,
                read_at=reading.at if reading else None,
                problem=reading.problem if reading else "",
                empty=bool(reading and reading.empty),
                hour=reading.hour if reading else Span(0, 0),
                day=reading.day if reading else Span(0, 0),
                heads=heads(heard, reading),
                panels=found,
            )


def heads(heard: Mapping[str, Heard], reading: Reading | None) -> dict[str, Head]:
    """Of the windows that were read, as far as they were heard of."""
    names = (*reading.summed, *reading.newest) if reading else ()
    return {
        name: Head(round(heard[name].as_of, 1), _rounded(heard[name]), heard[name].stale[:200])
        for name in names
        if name in heard
    }


def _rounded(heard: Heard) -> int | None:
    return None if heard.complete_until is None else int(heard.complete_until)


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
