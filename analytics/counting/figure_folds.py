"""Adds the sums of a batch to the figures of days and stores. Pure."""

from collections.abc import Callable, Sequence

from analytics.counting.figure_sums import FigureSums
from analytics.counting.store_day import StoreDay

#: The hours of a wall clock as they are named.
HOURS = tuple(f"{hour:02d}" for hour in range(24))


def fold(
    days: Sequence[StoreDay], of_hour: Callable[[int, str], StoreDay], sums: FigureSums
) -> None:
    """Add to the day of each place of the sums, and to its hours' products (place, hour).

    Once for each key, not for each line: nothing here may cost more than a microsecond.
    """
    for place, hour_number, receipts, units, gross, net, returns in sums.hours.tolist():
        day, hour = days[place], HOURS[hour_number]
        whole = day.figures.hours.get(hour) or day.hour(hour)
        whole.receipts += receipts
        whole.units_milli += units
        whole.gross_minor += gross
        whole.net_minor += net
        whole.returns_minor += returns
    names = sums.category_names
    for place, hour_number, category, receipts, units, gross, net in sums.categories.tolist():
        day, hour, name = days[place], HOURS[hour_number], names[category]
        categories = day.figures.categories.get(hour)
        figures = (categories and categories.get(name)) or day.category(hour, name)
        figures.receipts += receipts
        figures.units_milli += units
        figures.gross_minor += gross
        figures.net_minor += net
    _fold_products(days, sums)
    for place, hour_number, product, receipts, units, gross, net in sums.product_hours.tolist():
        hour, code = HOURS[hour_number], sums.product_codes[product]
        day = of_hour(place, hour)
        products = day.figures.product_hours.get(hour)
        of_product = (products and products.get(code)) or day.product_of_hour(hour, code)
        if of_product is not None:
            of_product.receipts += receipts
            of_product.units_milli += units
            of_product.gross_minor += gross
            of_product.net_minor += net


def _fold_products(days: Sequence[StoreDay], sums: FigureSums) -> None:
    codes, names = sums.product_codes, sums.product_names
    rows = zip(sums.products.tolist(), sums.last.tolist(), strict=True)
    for (place, product, name, receipts, units, gross, net), last in rows:
        day, code = days[place], codes[product]
        named = day.figures.products.get(code) or day.product(code)
        figures = day.figures.other_products if named is None else named
        figures.receipts += receipts
        figures.units_milli += units
        figures.gross_minor += gross
        figures.net_minor += net
        # A new one has no receipts but these.
        if named is not None and (
            (last, names[name]) > (named.last, named.name) or named.receipts == receipts
        ):
            named.last, named.name = last, names[name]
