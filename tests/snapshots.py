"""Snapshots of the result exchanges for the tests: valid, with figures that are known."""

from typing import Any

from tillstream.money import decimal_text
from tillstream.snapshots import (
    CategoriesSnapshot,
    CategoryTotal,
    CountSnapshot,
    DelayFigures,
    DelaySnapshot,
    RateSnapshot,
)

DAY = "2026-11-21"
ZONE = "Europe/Paris"


def count(as_of: float, cents: int = 1190, number: int = 2, day: str = DAY) -> CountSnapshot:
    """The day's running sum, in cents, and number of receipts."""
    return CountSnapshot(
        day=day,
        zone=ZONE,
        currency="EUR",
        sum=decimal_text(cents),
        sum_minor=cents,
        count=number,
        as_of=as_of,
    )


def categories(as_of: float, day: str = DAY, /, **cents: int) -> CategoriesSnapshot:
    """The day's revenue by category, in cents."""
    totals = (
        CategoryTotal(name=name, revenue_minor=minor, revenue=decimal_text(minor), units_milli=1000)
        for name, minor in cents.items()
    )
    return CategoriesSnapshot(
        day=day, zone=ZONE, currency="EUR", categories=tuple(totals), as_of=as_of
    )


def rate(as_of: float, per_minute: int = 120) -> RateSnapshot:
    """Receipts of the last 60 s."""
    return RateSnapshot(average_per_minute=per_minute, average_ms_system=3.0, as_of=as_of)


def delay(as_of: float, network: float | None = 0.0021, p95: float = 0.05) -> DelaySnapshot:
    """The delays of an interval, seconds; None when nothing was stored in it."""
    figures = None if network is None else DelayFigures(p50=network, p95=p95, p99=2 * p95)
    fields: dict[str, Any] = {
        "connection_delay": network,
        "connection_percentiles": figures,
        "network_delay": network,
        "network_percentiles": figures,
    }
    return DelaySnapshot(
        **fields, stored=0, duplicates=0, conflicts=0, dead_lettered=0, as_of=as_of
    )
