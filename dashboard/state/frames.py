"""What travels to the browser each second: one object, the same for every viewer of its kind."""

from collections.abc import Iterable

import msgspec

from dashboard.state.freshness import State
from dashboard.state.panels import Changes
from dashboard.state.series import Point
from tillstream.currencies import CURRENCY, EXPONENT
from tillstream.money import decimal_text
from tillstream.snapshots import CategoryTotal

#: Name of the bar that sums the categories which have none of their own.
OTHER = "Other"
#: Bars on the screen; what is smaller is summed in one more.
MAX_BARS = 11


class FeedState(msgspec.Struct, array_like=True, frozen=True):
    """Of one result exchange: its state, and the time of its newest data, Unix seconds."""

    state: State
    as_of: float | None


class Bar(msgspec.Struct, array_like=True, frozen=True):
    """One category: its name and its exact revenue as decimal text."""

    name: str
    revenue: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """All figures at one second. Times are Unix seconds, delays ms, money decimal text.

    A whole frame replaces what the browser holds; the next ones repeat the newest points of
    each series, which the browser sets by their time. Points: minutes (start, running sum in
    minor units, running number), rates (time, receipts per minute), delays (time, p50, p95, p99).
    """

    seq: int
    whole: bool
    at: float
    day: str
    #: Start of the business day.
    starts: float
    zone: str
    #: The zone's name at the data's time: CET or CEST.
    abbreviation: str
    #: When the day's figures were read.
    data_time: float | None
    feeds: dict[str, FeedState]
    #: What is wrong with the archive: `away`, `slow`, `behind`; empty when nothing is.
    archive: str
    #: The watermark of the day's figures, see `tillstream.snapshots.CountSnapshot`.
    complete_until: float | None
    #: Exact text of each tile by its element id; None where there is none.
    values: dict[str, str | None]
    #: Rows by panel, see `panels`; after a whole frame only what has changed.
    panels: Changes
    bars: list[Bar]
    minutes: list[Point]
    rates: list[Point]
    delays: list[Point]
    #: What its amounts are in.
    currency: str = CURRENCY
    #: Every currency that receipts are known in, the chain's main one first.
    currencies: list[str] = []
    #: What else the day has receipts in: currency, receipts, gross as decimal text.
    others: list[tuple[str, int, str]] = []


def ranked_bars(totals: Iterable[CategoryTotal], exponent: int = EXPONENT) -> list[Bar]:
    """The largest first, whoever publishes, and the rest in one.

    `exponent`: digits after the point of their currency.
    """
    ranked = sorted(totals, key=lambda total: (-total.revenue_minor, total.name))
    bars = [Bar(total.name, total.revenue) for total in ranked[:MAX_BARS]]
    rest = ranked[MAX_BARS:]
    if rest:
        bars.append(Bar(OTHER, decimal_text(sum(total.revenue_minor for total in rest), exponent)))
    return bars


def bare(frame: Frame) -> Frame:
    """The frame without any figure of the chain: what the feeds' states and times are."""
    return msgspec.structs.replace(
        frame,
        # By their names: the page looks for them.
        values=dict.fromkeys(frame.values),
        panels={},
        bars=[],
        minutes=[],
        rates=[],
        delays=[],
        others=[],
    )


_encoder = msgspec.json.Encoder()


def event(frame: Frame) -> bytes:
    """The frame as one server-sent event; its id is the sequence number."""
    return b"id: %d\ndata: %b\n\n" % (frame.seq, _encoder.encode(frame))
