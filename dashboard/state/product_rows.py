"""Today's products against what is usual: what falls, what rises, what is new. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from dashboard.state.product_hours import UsualHours, sum_of_hours
from tillstream.day_figures import Figures, ProductFigures, StoreFigures, add

#: Products that are named as falling, and as rising.
MOST = 20


class Mean(NamedTuple):
    """What is usual of a product: mean gross in cents, mean units in thousandths."""

    gross: float
    units: float


class Row(msgspec.Struct, array_like=True, frozen=True):
    """A product today; amounts are cents, units thousandths, times Unix seconds."""

    code: str
    name: str
    gross: int
    units: int
    #: None where it has not sold today.
    last: float | None
    #: Of the hours that are compared, gross and units; and what is usual of them. None: not known.
    compared: int | None
    compared_units: int | None
    usual: float | None
    usual_units: float | None
    #: The chain sold it on none of the days before.
    new: bool


class Comparison(NamedTuple):
    """How the usual was found, and of each product what it is compared with.

    `hours`: both sides are of the hours that are over; `scaled`: the day up to now, beside the
    usual whole day times the part of it that is usually sold by now; `none`: nothing is usual yet.
    """

    way: Literal["hours", "scaled", "none"]
    usual: Mapping[str, Mean]
    #: By product, gross and units of the hours that are over; None: of the day up to now.
    today: tuple[Mapping[str, int], Mapping[str, int]] | None = None


NOTHING = Comparison("none", {})


def by_hours(
    today: StoreFigures, days: Collection[StoreFigures], hours: Collection[str]
) -> Comparison:
    """Of the whole chain, exactly: the same hours of days on which it sold."""
    sold = [day for day in days if day.hours]
    if not sold or not hours:
        return NOTHING
    sums: dict[str, list[int]] = {}
    for day in sold:
        for hour in hours:
            for code, figures in day.product_hours.get(hour, {}).items():
                known = sums.setdefault(code, [0, 0])
                known[0] += figures.gross_minor
                known[1] += figures.units_milli
    usual = {
        code: Mean(gross / len(sold), units / len(sold)) for code, (gross, units) in sums.items()
    }
    own = (
        sum_of_hours(today, hours, lambda each: each.gross_minor),
        sum_of_hours(today, hours, lambda each: each.units_milli),
    )
    return Comparison("hours", usual, own)


def scaled(whole: Mapping[str, Mean], hours: UsualHours, place: float) -> Comparison:
    """Of some stores, whose products are kept by day only: `whole` is of the whole day."""
    if not whole:
        return NOTHING
    usual = {}
    for code, mean in whole.items():
        share = hours.share(code, place)
        usual[code] = Mean(mean.gross * share, mean.units * share)
    return Comparison("scaled", usual)


def together(stores: Iterable[StoreFigures]) -> tuple[dict[str, ProductFigures], Figures]:
    """The products of some stores, and what is not named of them."""
    found: dict[str, ProductFigures] = {}
    other = Figures()
    for store in stores:
        add(other, store.other_products)
        for code, figures in store.products.items():
            known = found.setdefault(code, ProductFigures())
            add(known, figures)
            if (figures.last, figures.name) > (known.last, known.name):
                known.last, known.name = figures.last, figures.name
    return found, other


def rows(
    products: Mapping[str, ProductFigures],
    comparison: Comparison,
    names: Mapping[str, str],
    before: Collection[str] | None,
) -> list[Row]:
    """Every product that has sold today or usually has, the largest gross first.

    `names` of those that have not sold today; `before`: what the chain sold on the days before,
    None where there is no such day.
    """
    known = comparison.way != "none"
    found = []
    for code in products.keys() | comparison.usual.keys():
        figures = products.get(code)
        gross, units = (figures.gross_minor, figures.units_milli) if figures else (0, 0)
        own_gross, own_units = gross, units
        if comparison.today is not None:
            own_gross, own_units = (each.get(code, 0) for each in comparison.today)
        mean = comparison.usual.get(code, Mean(0, 0))
        found.append(
            Row(
                code,
                (figures.name if figures else "") or names.get(code, ""),
                gross,
                units,
                figures.last if figures else None,
                own_gross if known else None,
                own_units if known else None,
                round(mean.gross, 2) if known else None,
                round(mean.units, 1) if known else None,
                figures is not None and before is not None and code not in before,
            )
        )
    return sorted(found, key=lambda row: (-row.gross, row.code))


def falling(some: Iterable[Row]) -> list[str]:
    """Codes of those that sold less than usual, the largest loss of gross first."""
    return _changed(some, -1)


def rising(some: Iterable[Row]) -> list[str]:
    """Codes of those that sold more than usual, the largest gain of gross first."""
    return _changed(some, 1)


def _changed(some: Iterable[Row], sign: int) -> list[str]:
    changes = [
        (-sign * (row.compared - row.usual), row.code)
        for row in some
        if row.compared is not None and row.usual is not None and not row.new
    ]
    # Half a cent: an amount that would be written as nothing is no change.
    return [code for change, code in sorted(changes) if change <= -0.5][:MOST]
