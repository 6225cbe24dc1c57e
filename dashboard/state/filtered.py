"""What a filter is, and the figures of the day under it, as they travel to the page."""

from typing import Literal, NamedTuple

import msgspec

from dashboard.state.frames import Bar
from dashboard.state.panels import Row
from dashboard.state.series import Point


class Filter(NamedTuple):
    """Of one business day; an empty store, region or category is all of them."""

    day: str
    store: str = ""
    region: str = ""
    category: str = ""


class FilteredDay(msgspec.Struct, frozen=True, kw_only=True):
    """The figures under a filter, named as in `frames.Frame`; times are Unix seconds."""

    day: str
    store: str
    region: str
    category: str
    #: Of the hours; its name at `read_at`, such as CET; and when the business day began.
    zone: str
    abbreviation: str
    starts: float
    #: Whose figures these are: the archive's receipts, or what the totals worker has counted.
    source: Literal["receipts", "kept"]
    #: When MongoDB was read, and how soon it may be asked again, seconds.
    read_at: float
    ask_again: float = 0.0
    #: Whether anything is known of the store, on whatever day, or of the region.
    known: bool
    #: Exact text of each tile by its element id.
    values: dict[str, str | None]
    minutes: list[Point]
    #: Only of those panels that follow this filter.
    panels: dict[str, list[Row]]
    #: None of a category of all stores: then the day's categories stand in each frame.
    bars: list[Bar] | None
