"""What the totals worker publishes, from totals and tills: absolute snapshots. Pure."""

from collections.abc import Callable, Collection, Iterable
from datetime import date

from msgspec.structs import astuple

from analytics.counting.folds import BREAKDOWNS, LATE, WHOLE_DAY, Totals, by_key
from analytics.counting.tills import Tills, complete_until
from analytics.ledger.ledger_file import Progress
from tillstream.clock import BusinessDay
from tillstream.currencies import CURRENCY, EXPONENTS
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.money import decimal_text
from tillstream.snapshots import (
    BreakdownFigures,
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CategoryTotal,
    ClosedDay,
    CountSnapshot,
    MissingNumbers,
    SilentTill,
    TillsSnapshot,
    UncountedReason,
)
from tillstream.store_hours import Opened, never_closed
from tillstream.stores import StoreTable, as_read

#: Closed days that `count` speaks of beside the present one.
CLOSED_DAYS = 7
#: Stores, gaps and silent tills that a snapshot names; the counts are of all.
MAX_NAMED = 50
#: Breakdowns that `breakdowns` has not: others publish them, products are too many (`day_figures`).
LEFT_OUT = {"day", "late", "category", "product"}
#: A store that has sold nothing for longer is not missed, seconds.
KNOWN_SECONDS = 14 * 86_400.0

TotalsOf = Callable[[CurrencyDay], Totals]


def count_snapshot(
    totals_of: TotalsOf,
    calendar: BusinessDay,
    tills: Tills,
    now: float,
    *,
    currency: str = CURRENCY,
    opened: Opened = never_closed,
    next_offset: int | None = None,
    log_offset: int | None = None,
) -> CountSnapshot:
    """The business day of `now`, and how much of the days before came after they closed.

    `next_offset` and `log_offset`: how far the log was counted, and how far it is known to go.
    """
    day = CurrencyDay(calendar.on(now), currency)
    figures = totals_of(day).get(WHOLE_DAY, Figures())
    return CountSnapshot(
        day=day.day.isoformat(),
        zone=str(calendar.zone),
        currency=currency,
        sum=decimal_text(figures.gross_minor, EXPONENTS[currency]),
        sum_minor=figures.gross_minor,
        net_minor=figures.net_minor,
        count=figures.receipts,
        units_milli=figures.units_milli,
        complete_until=complete_until(tills, now, opened),
        closed_days=tuple(
            _closed_day(totals_of, day.before(back)) for back in range(1, CLOSED_DAYS + 1)
        ),
        as_of=now,
        next_offset=next_offset,
        log_offset=log_offset,
    )


def _closed_day(totals_of: TotalsOf, day: CurrencyDay) -> ClosedDay:
    totals = totals_of(day)
    whole, late = totals.get(WHOLE_DAY, Figures()), totals.get(LATE, Figures())
    return ClosedDay(
        day=day.day.isoformat(),
        sum_minor=whole.gross_minor,
        count=whole.receipts,
        late_sum_minor=late.gross_minor,
        late_count=late.receipts,
    )


def categories_snapshot(
    totals_of: TotalsOf, calendar: BusinessDay, now: float, currency: str = CURRENCY
) -> CategoriesSnapshot:
    """The categories of the business day of `now`, largest revenue first."""
    day = CurrencyDay(calendar.on(now), currency)
    categories = by_key(totals_of(day), "category").items()
    largest_first = sorted(categories, key=lambda item: (-item[1].gross_minor, item[0]))
    return CategoriesSnapshot(
        day=day.day.isoformat(),
        zone=str(calendar.zone),
        currency=currency,
        categories=tuple(
            CategoryTotal(
                name=name,
                revenue_minor=figures.gross_minor,
                revenue=decimal_text(figures.gross_minor, EXPONENTS[currency]),
                units_milli=figures.units_milli,
            )
            for name, figures in largest_first
        ),
        as_of=now,
    )


def known_stores(table: StoreTable, tills: Tills, now: float) -> set[str]:
    """Those that the table names, and those of which a till sold in the last 14 days."""
    since = now - KNOWN_SECONDS
    return {*table.stores, *(till.store for till in tills.values() if till.sold >= since)}


def selling_in(totals_of: TotalsOf, day: date, currencies: Iterable[str]) -> set[str]:
    """The stores that sold something on a day in one of some currencies."""
    days = (CurrencyDay(day, each) for each in currencies)
    return {store for each in days for store in by_key(totals_of(each), "store")}


def breakdowns_snapshot(
    totals_of: TotalsOf,
    calendar: BusinessDay,
    now: float,
    known: Collection[str] = (),
    may_sell_nothing: Callable[[str, float], bool] = lambda _store, _now: False,
    currency: str = CURRENCY,
) -> BreakdownsSnapshot:
    """Every other breakdown of the business day of `now`; of the stores, the first and last.

    `known` are the stores that may sell; those of them that sold nothing are at zero, unless they
    are closed at `now` or have just opened.
    """
    day = CurrencyDay(calendar.on(now), currency)
    totals = totals_of(day)
    named = {
        breakdown: _named(by_key(totals, breakdown))
        for breakdown in BREAKDOWNS
        if breakdown not in LEFT_OUT
    }
    selling = by_key(totals, "store").keys()
    quiet = set(known) - selling
    zero = sorted((store for store in quiet if not may_sell_nothing(store, now)), key=as_read)
    return BreakdownsSnapshot(
        day=day.day.isoformat(),
        zone=str(calendar.zone),
        currency=currency,
        stores=len(selling),
        breakdowns=named,
        as_of=now,
        known_stores=len(selling | set(known)),
        at_zero=len(zero),
        stores_at_zero=tuple(zero[:MAX_NAMED]),
    )


def _named(figures: dict[str, Figures]) -> dict[str, BreakdownFigures]:
    largest_first = sorted(figures.items(), key=lambda item: (-item[1].gross_minor, item[0]))
    if len(largest_first) > 2 * MAX_NAMED:
        largest_first = largest_first[:MAX_NAMED] + largest_first[-MAX_NAMED:]
    return {key: BreakdownFigures(*astuple(values)) for key, values in largest_first}


def tills_snapshot(
    tills: Tills,
    progress: Progress,
    now: float,
    set_aside_reasons: tuple[UncountedReason, ...] = (),
    opened: Opened = never_closed,
) -> TillsSnapshot:
    """What is missing, who is silent, what was not counted and why."""
    silent = [
        SilentTill(store=till.store, till=till.till, since=since)
        for till in tills.values()
        if (since := till.silent_since(now, opened(till.store, now))) is not None
    ]
    gaps = [
        MissingNumbers(
            store=till.store, till=till.till, first=gap.first, last=gap.last, since=gap.since
        )
        for till in tills.values()
        for gap in till.gaps(now)
    ]
    silent.sort(key=lambda till: till.since)
    gaps.sort(key=lambda gap: gap.since)
    return TillsSnapshot(
        heard=len(tills),
        silent=len(silent),
        silent_tills=tuple(silent[:MAX_NAMED]),
        missing=sum(gap.last - gap.first + 1 for gap in gaps),
        gaps=tuple(gaps[:MAX_NAMED]),
        reused=sum(till.reused for till in tills.values()),
        renumbered=sum(till.renumbered for till in tills.values()),
        duplicates=progress.duplicates,
        conflicts=progress.conflicts,
        undecodable=progress.undecodable,
        as_of=now,
        next_offset=progress.next_offset,
        set_aside=progress.set_aside,
        set_aside_reasons=set_aside_reasons,
        log_epoch=progress.log_epoch,
    )
