"""What a board of Grafana is described by, and the queries that recur: grafana_boards.py."""

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.models import units

#: Names of units as Grafana has them.
EUROS = "currencyEUR"
PER_SECOND = units.EventsPerSecond
PER_MINUTE, SECOND, BYTES, COUNT = "cpm", units.Seconds, units.BytesIEC, units.Short


class Panel(NamedTuple):
    """Queries by their legend, which may name labels: `{{stream}}`."""

    title: str
    unit: str
    queries: dict[str, str]
    #: `graph` or `stacked`, over time; `stat` or `bars`, the newest value.
    kind: str = "graph"
    description: str = ""


class Board(NamedTuple):
    """Rows of panels."""

    #: Its file's name, too.
    uid: str
    title: str
    #: As Grafana says it: `now-1h`.
    begins: str
    rows: dict[str, Sequence[Panel]]


def rate(figure: str, by: str = "") -> str:
    """Per second, of all processes together."""
    return f"sum{by and f' by ({by}) '}(rate({figure}[$__rate_interval]))"


def rates(title: str, figure: str, by: str) -> Panel:
    """A counter by one of its labels."""
    return Panel(title, PER_SECOND, {f"{{{{{by}}}}}": rate(figure, by)})


def delays(title: str, figure: str) -> Panel:
    """The median and the 99th percentile of a histogram."""
    quantile = "histogram_quantile({}, {})"
    buckets = rate(f"{figure}_bucket", "le")
    return Panel(
        title,
        SECOND,
        {"p50": quantile.format(0.5, buckets), "p99": quantile.format(0.99, buckets)},
    )


def last_hour(title: str, figure: str) -> Panel:
    """How much a counter of events has grown."""
    query = f"sum by (stream) (increase({figure}[1h]))"
    return Panel(title, COUNT, {"{{stream}}": query}, "stat")
