"""What stands beside the first figures: breakdowns of the day and the tills, as short rows. Pure.

A panel is a list of rows; money in them is minor units of the currency that is shown, units are
thousandths, times Unix seconds.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from dashboard.state.delays import tenths
from tillstream.currencies import EXPONENT
from tillstream.money import MILLI, decimal_text
from tillstream.snapshots import (
    BreakdownFigures,
    BreakdownsSnapshot,
    ClosedDay,
    CountSnapshot,
    DelaySnapshot,
    RateSnapshot,
    TillsSnapshot,
)

Row = tuple[Any, ...]
Panels = dict[str, list[Row]]
#: None for a panel that is no more.
Changes = dict[str, list[Row] | None]

#: Rows of a panel on the screen; of tenders and rates the rest is summed in one more.
MAX_STORES = 5
MAX_SHARES = 6
MAX_TILLS = 20
#: Stores without a receipt that are named.
MAX_NAMED = 12
#: The rest of a panel whose smallest rows are summed.
REST = "*"
#: The name of a row whose receipts say none, such as a line that was archived without its rate.
UNNAMED = ""
#: Panels whose rows travel one by one, told apart by their first column.
KEYED = frozenset({"hours", "counters"})

_NOTHING = BreakdownFigures(receipts=0, units_milli=0, gross_minor=0, net_minor=0)


def panels(
    breakdowns: BreakdownsSnapshot | None,
    tills: TillsSnapshot | None,
    closed_days: Iterable[ClosedDay],
) -> Panels:
    """Every panel by its name; the rows of `hours` have their hour first."""
    found: Panels = {
        "closed": [
            (day.day, day.sum_minor, day.count, day.late_sum_minor, day.late_count)
            for day in closed_days
        ],
    }
    if breakdowns is not None:
        found |= _of_the_day(breakdowns)
    if tills is not None:
        found["silent"] = [(t.store, t.till, t.since) for t in tills.silent_tills[:MAX_TILLS]]
        found["gaps"] = [
            (gap.store, gap.till, gap.first, gap.last, gap.since) for gap in tills.gaps[:MAX_TILLS]
        ]
    return found


def _of_the_day(snapshot: BreakdownsSnapshot) -> Panels:
    by = snapshot.breakdowns
    stores = [
        (store, each.gross_minor, each.receipts) for store, each in _ranked(by.get("store", {}))
    ]
    zero: list[Row] = [(store, 0, 0) for store in snapshot.stores_at_zero]
    return {
        "hours": sorted(
            (hour, each.gross_minor, each.receipts) for hour, each in by.get("hour", {}).items()
        ),
        "tenders": _shares(by.get("tender", {})),
        "vat": _shares(by.get("vat", {})),
        "marks": sorted(
            ((rule, each.receipts, each.gross_minor) for rule, each in by.get("mark", {}).items()),
            key=lambda row: (-row[1], row[0]),
        ),
        "top": stores[:MAX_STORES],
        # The smallest first; of few stores none stands in both lists.
        "bottom": [*zero, *stores[: MAX_STORES - 1 : -1]][:MAX_STORES],
        # One row: how many are known and how many sell nothing, and the names of these.
        "zero": [(snapshot.known_stores, snapshot.at_zero, *snapshot.stores_at_zero[:MAX_NAMED])],
    }


def _ranked(by: Mapping[str, BreakdownFigures]) -> list[tuple[str, BreakdownFigures]]:
    return sorted(by.items(), key=lambda item: (-item[1].gross_minor, item[0]))


def _shares(by: Mapping[str, BreakdownFigures]) -> list[Row]:
    """Rows of name, gross, net and receipts, the largest first."""
    return with_rest(
        [(name, each.gross_minor, each.net_minor, each.receipts) for name, each in _ranked(by)]
    )


def with_rest(rows: list[Row]) -> list[Row]:
    """The first rows of name, gross, net and receipts, and the others summed in one more."""
    rest = rows[MAX_SHARES:]
    if not rest:
        return rows
    return [*rows[:MAX_SHARES], (REST, *(sum(row[column] for row in rest) for column in (1, 2, 3)))]


def counters(
    rate: RateSnapshot | None, stored: DelaySnapshot | None, tills: TillsSnapshot | None
) -> Panels:
    """The panel `counters`: rows of a tile's element id and its exact text."""
    rows: list[Row] = []
    if rate is not None:
        counted = rate.average_ms_system
        rows.append(("counted-ms", None if counted is None else tenths(counted)))
    if stored is not None:
        rows += [
            ("stored", str(stored.stored)),
            ("dead-lettered", str(stored.dead_lettered)),
            ("conflicts-kept", str(stored.conflicts)),
        ]
    if tills is not None:
        rows += [
            ("duplicates", str(tills.duplicates)),
            ("conflicts", str(tills.conflicts)),
            ("undecodable", str(tills.undecodable)),
            ("tills-heard", str(tills.heard)),
            ("renumbered", str(tills.renumbered)),
        ]
    return {"counters": rows}


def changed(before: Panels, now: Panels) -> Changes:
    """What a viewer of `before` needs to see `now`: whole panels, of KEYED ones single rows."""
    differing: Changes = dict.fromkeys(set(before) - set(now))
    differing |= {name: rows for name, rows in now.items() if rows != before.get(name)}
    for name in KEYED & differing.keys() & before.keys() & now.keys():
        known = set(before[name])
        gone = {row[0] for row in known} - {row[0] for row in now[name]}
        differing[name] = [row for row in now[name] if row not in known] + [
            (key, 0, 0) for key in sorted(gone)
        ]
    return differing


def figures(
    count: CountSnapshot | None,
    breakdowns: BreakdownsSnapshot | None,
    tills: TillsSnapshot | None,
    exponent: int = EXPONENT,
) -> dict[str, str | None]:
    """Exact text of the further tiles by their element id; None where there is none."""
    kinds = breakdowns.breakdowns.get("kind", {}) if breakdowns else {}
    returns = kinds.get("returns", _NOTHING)
    return {
        "units-per-basket": _units(count) if count else None,
        "net-revenue": decimal_text(count.net_minor, exponent) if count else None,
        "returns": decimal_text(returns.gross_minor, exponent) if breakdowns else None,
        "stores": str(breakdowns.stores) if breakdowns else None,
        "silent-tills": str(tills.silent) if tills else None,
        "missing-receipts": str(tills.missing) if tills else None,
    }


def expected(shown: Panels, exponent: int = EXPONENT) -> dict[str, str | None]:
    """The tile of the day's expected end, of the panel `forecast`."""
    found = shown.get("forecast", [])
    known = found[0][1] if found else None
    return {"expected": None if known is None else decimal_text(known, exponent)}


def _units(count: CountSnapshot) -> str | None:
    return mean(count.units_milli, count.count, MILLI)


def mean(total: int, number: int, scale: int, places: int = 2) -> str | None:
    """Mean of `total / scale` as text with so many places, rounded half-even; None of nothing."""
    if number == 0:
        return None
    # Zero is added so that what is rounded to it has no sign.
    return str((Decimal(total) / number / scale).quantize(Decimal(1).scaleb(-places)) + 0)


def mean_amount(total: int, number: int, exponent: int = EXPONENT) -> str | None:
    """Mean of minor units as decimal text of their currency; None of nothing."""
    return mean(total, number, 10**exponent, exponent)
