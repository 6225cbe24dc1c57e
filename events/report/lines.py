"""Which rows of a window are told, and in which words. No I/O."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from tillstream.streams.definition import Window
from tillstream.streams.window_rows import FINAL, LATE, REVISION, json_value

#: Rows whose revision is remembered, so that none is told twice.
MOST_REMEMBERED = 100_000


class Line(NamedTuple):
    """What a row is told as: an event of the log, and its fields."""

    event: str
    fields: Mapping[str, Any]


class Lines:
    """Makes lines of rows, each revision of a row once."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._names = [window.start_column, *(key.name for key in window.keys)]
        #: Of each row its revision, whether it was final, and its late events, when it was told.
        self._told: OrderedDict[bytes, tuple[tuple[int, bool], int]] = OrderedDict()

    def line(self, row: Mapping[str, Any]) -> Line | None:
        """The line of a row; None where it, or a later state of it, was told."""
        fields = {name: json_value(value) for name, value in _flat(row).items()}
        key = msgspec.json.encode([fields.get(name) for name in self._names])
        state = row.get(REVISION, 1), bool(row.get(FINAL))
        told = self._told.get(key)
        if told is not None and state <= told[0]:
            return None
        self._told[key] = state, row.get(LATE, 0)
        self._told.move_to_end(key)
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        return Line(_event(row, told), {"window": self._window.name, **fields})


def _event(row: Mapping[str, Any], told: tuple[tuple[int, bool], int] | None) -> str:
    known_late = told[1] if told is not None else 0
    if told is not None and told[0][0] == row.get(REVISION, 1):
        return "window final"
    said = "new window" if row.get(REVISION, 1) == 1 else "window revised"
    if row.get(LATE, 0) > known_late:
        said += ", late events"
    if row.get(FINAL):
        said += ", final"
    return said


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Levels as names with a dot: `window.start`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
