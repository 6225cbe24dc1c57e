"""The newest panels of the online shop, and what is new of them to each reader."""

import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from dashboard.state.minute_sums import Span
from dashboard.state.online_panels import RANGES, Panel, Range, Reading, panels
from dashboard.state.windows_heard import Heard


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
