"""A row of a window as it is read: on the exchange `windows`, in MongoDB, over HTTP, on the screen.

The names are those of the definition: the bounds, keys, measures that are not hidden, and columns.
Beside them stand

- `revision`: 1 for a new row, one more each time that its figures change;
- `late`: how many of its events came after it was final;
- `final`: whether its events are no longer awaited.

In MongoDB `_id` is the window's start and keys as text, and `change` is the number of the commit
that the row is of. These numbers grow over all rows, restarts and recounts: whoever has read up to
one reads on from there, and an older state never replaces a newer one.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tillstream.receipt import Wire
from tillstream.streams.definition import ReadAs, Window

REVISION, LATE, FINAL, CHANGE = "revision", "late", "final", "change"
#: The collection's fields that no API, file or page shows.
HIDDEN = ("_id", CHANGE)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WindowsSnapshot(Wire, frozen=True):
    """`windows`: rows of one window that changed, absolute; with none when nothing changed."""

    window: str
    stream: str
    #: Of the `change` that the rows are of; see the module.
    rows: Sequence[Mapping[str, Any]]
    #: Events before this were heard of, Unix seconds of event time; None before the first one.
    complete_until: float | None
    as_of: float
    #: Events that were counted since the state began, and of them those that came after their row
    #: was final.
    events: int = 0
    late: int = 0
    #: Events of the stream that could not be counted, or were older than the retention.
    set_aside: int = 0
    expired: int = 0
    #: Why the rows are old, such as a changed definition that waits for a recount; "" if not.
    stale: str = ""
    next_offset: int | None = None
    log_offset: int | None = None


def instant(microseconds: int) -> datetime:
    """A time of the windows, aware, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(time: datetime) -> int:
    """An aware time as the windows have it."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def read_value(value: Any, read_as: ReadAs, scale: int) -> Any:
    """A figure as it is read: an int, Decimal, aware datetime, bool or str; None stays None."""
    if value is None:
        return None
    match read_as:
        case "timestamp":
            return instant(value)
        case "decimal":
            return Decimal(value).scaleb(-scale)
        case _:
            return value


def row_id(start_us: int, keys: Sequence[Any]) -> str:
    """What a row is known by: `2019-10-01T00:00:00Z/["Books"]`."""
    return f"{instant(start_us).isoformat().replace('+00:00', 'Z')}/{_json(keys)}"


def readable(
    window: Window,
    start_us: int,
    keys: Sequence[Any],
    figures: Mapping[str, Any],
    *,
    revision: int,
    late: int,
    final: bool,
) -> dict[str, Any]:
    """The row under the definition's names; `figures` are its measures and columns by name."""
    row: dict[str, Any] = {}
    _put(row, window.start_column, instant(start_us))
    _put(row, window.end_column, instant(start_us + window.size_us))
    for key, value in zip(window.keys, keys, strict=True):
        row[key.name] = read_value(value, key.read_as, key.scale)
    for measure in window.measures:
        if not measure.hidden:
            row[measure.name] = read_value(figures[measure.name], measure.read_as, measure.scale)
    for column in window.columns:
        row[column.name] = figures[column.name]
    return row | {REVISION: revision, LATE: late, FINAL: final}


def plain_figure(value: Any) -> Any:
    """A figure that every reader can hold: not a number is none."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return Decimal(value)
    return value


def json_value(value: Any) -> Any:
    """For JSON: times as `2019-10-01T00:00:00Z`, decimals as text, what is in them too."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return str(value)
        case dict():
            return {name: json_value(each) for name, each in value.items()}
        case _:
            return value


def _put(row: dict[str, Any], path: str, value: Any) -> None:
    *levels, name = path.split(".")
    for level in levels:
        row = row.setdefault(level, {})
    row[name] = value


def _json(keys: Sequence[Any]) -> str:
    return msgspec.json.encode(list(keys)).decode()
