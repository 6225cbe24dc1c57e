"""The feeds of a large chain, for the dashboard's benchmark: every snapshot differs."""

from typing import Any

from tillstream import topology
from tillstream.money import decimal_text
from tillstream.receipt import Wire
from tillstream.snapshots import (
    BreakdownFigures,
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CategoryTotal,
    CountSnapshot,
    DelayFigures,
    DelaySnapshot,
    MissingNumbers,
    RateSnapshot,
    SilentTill,
    TillsSnapshot,
)


def snapshots(day: str, zone: str, as_of: float, number: int) -> dict[str, Wire]:
    """Of every feed, at `as_of` (Unix seconds): figures that grow with `number`."""
    cents = 120_000_000 + 862 * number
    figures = DelayFigures(p50=0.012, p95=0.03, p99=0.05 + number % 7 / 1000)
    names = ("Bread", "Menus", "Sandwiches", "Pizza", "Pastries", "Drinks", "Salads", "Sweets")
    common: dict[str, Any] = {"day": day, "zone": zone, "currency": "EUR", "as_of": as_of}
    return {
        topology.COUNT: CountSnapshot(
            sum=decimal_text(cents), sum_minor=cents, count=140_000 + number, **common
        ),
        topology.CATEGORIES: CategoriesSnapshot(
            categories=tuple(
                CategoryTotal(
                    name=name,
                    revenue_minor=cents // (2 + place),
                    revenue=decimal_text(cents // (2 + place)),
                    units_milli=1000,
                )
                for place, name in enumerate(names)
            ),
            **common,
        ),
        topology.METRICS_STORM: RateSnapshot(
            average_per_minute=1900 + number % 90, average_ms_system=3.0, as_of=as_of
        ),
        topology.METRICS_DB: DelaySnapshot(
            connection_delay=0.03,
            connection_percentiles=figures,
            network_delay=0.012,
            network_percentiles=figures,
            stored=number,
            duplicates=0,
            conflicts=0,
            dead_lettered=0,
            as_of=as_of,
        ),
        topology.BREAKDOWNS: BreakdownsSnapshot(
            stores=100, breakdowns=_breakdowns(cents, number), **common
        ),
        topology.TILLS: TillsSnapshot(
            heard=400,
            silent=8,
            silent_tills=tuple(SilentTill(store=str(n), till="1", since=1e9) for n in range(8)),
            missing=8,
            gaps=tuple(
                MissingNumbers(store=str(n), till="2", first=n, last=n, since=1e9) for n in range(8)
            ),
            reused=0,
            renumbered=0,
            duplicates=number // 50,
            conflicts=0,
            undecodable=0,
            as_of=as_of,
        ),
    }


def _breakdowns(cents: int, number: int) -> dict[str, dict[str, BreakdownFigures]]:
    keys = {
        "hour": [f"{hour:02d}" for hour in range(24)],
        "store": [f"store {place}" for place in range(100)],
        "kind": ["sales", "returns", "voids"],
        "vat": ["0", "5.5", "10", "20"],
        "tender": ["CB", "ESPECES", "TICKET RESTAURANT", "CHEQUE", "AVOIR"],
    }
    return {
        name: {
            # Of the hours only the last one still grows.
            key: BreakdownFigures(
                receipts=6000 + grows * number,
                units_milli=14_000_000,
                gross_minor=(120_000_000 + grows * (cents - 120_000_000)) // (2 + place),
                net_minor=(110_000_000 + grows * (cents - 120_000_000)) // (2 + place),
            )
            for place, key in enumerate(members)
            for grows in [int(name != "hour" or key == "23")]
        }
        for name, members in keys.items()
    }
