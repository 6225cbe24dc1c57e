"""What goes to the exchange `attribution`: how far an attribution is, and its newest rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from tillstream.receipt import Wire

#: Most rows of a snapshot, the newest ones; all of them are in the log.
MOST_ROWS = 200


class AttributionSnapshot(Wire, frozen=True):
    """`attribution`: absolute figures since the state began, at least twice a second."""

    #: The stream of conversions with their touch.
    stream: str
    #: Rows that changed since the last snapshot, under their fields' names, with `row_version`,
    #: `is_final`, `is_late`, `missing` and `touches`; of each conversion the newest.
    rows: Sequence[Mapping[str, Any]]
    #: Conversions before this are final, Unix seconds of event time; None before the first event.
    complete_until: float | None
    as_of: float
    #: Conversions that are not final yet; that are; of them those with a touch; those that wait for
    #: a table.
    open: int = 0
    final: int = 0
    attributed: int = 0
    waiting: int = 0
    #: What came when its time was final: touches, which may have changed a final row, and
    #: conversions, whose touches may have been forgotten. `python -m events recount-attribution`.
    late_touches: int = 0
    late_conversions: int = 0
    #: Values of fields that could not be computed, or exceed what their type holds: they are null.
    nulled: int = 0
    next_offset: int | None = None
    log_offset: int | None = None
