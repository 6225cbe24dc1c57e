"""Snapshots of the result exchanges for the tests: valid, with figures that are known."""

from typing import Any

from tillstream.money import decimal_text
from tillstream.snapshots import (
    BreakdownFigures,
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CategoryTotal,
    ClosedDay,
    CountSnapshot,
    DelayFigures,
    DelaySnapshot,
    MissingNumbers,
    RateSnapshot,
    SilentTill,
    TillsSnapshot,
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
        net_minor=cents * 10 // 11,
        units_milli=2500 * number,
        complete_until=as_of - 7,
        closed_days=(closed_day(),),
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


def closed_day() -> ClosedDay:
    """A day that is over, with two receipts that came late."""
    return ClosedDay(
        day="2026-11-20", sum_minor=99_900, count=80, late_sum_minor=1_190, late_count=2
    )


def breakdowns(as_of: float, day: str = DAY, /, **by: dict[str, int]) -> BreakdownsSnapshot:
    """Breakdowns of the day: key to cents; each with ten receipts, net 10/11 of gross."""
    figures = {
        name: {
            key: BreakdownFigures(
                receipts=10, units_milli=25_000, gross_minor=cents, net_minor=cents * 10 // 11
            )
            for key, cents in keys.items()
        }
        for name, keys in by.items()
    }
    return BreakdownsSnapshot(
        day=day,
        zone=ZONE,
        currency="EUR",
        stores=len(by.get("store", {})),
        breakdowns=figures,
        as_of=as_of,
    )


def tills(as_of: float, since: float = 1_795_000_000.0) -> TillsSnapshot:
    """A silent till, three missing receipts of another one, and what was not counted."""
    return TillsSnapshot(
        heard=40,
        silent=1,
        silent_tills=(SilentTill(store="12", till="2", since=since),),
        missing=3,
        gaps=(MissingNumbers(store="7", till="1", first=501, last=503, since=since),),
        reused=0,
        renumbered=1,
        duplicates=5,
        conflicts=1,
        undecodable=2,
        as_of=as_of,
    )
