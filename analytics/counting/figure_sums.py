"""What the receipts of a batch add to the figures of days and stores, summed with numpy. Pure.

Of stores only: what the chain gains is made of that (`figure_merge`), once for many batches.
"""

from typing import NamedTuple

import numpy as np

from analytics.counting.columns import AmountTable, Columns, Integers, Seconds
from analytics.counting.grouping import added, newest, starts
from tillstream.currency_day import CurrencyDay

#: Hours of a day.
N_HOURS = 24


class FigureSums(NamedTuple):
    """Rows of int64, one for each distinct key; all names and places by their index."""

    #: (day, store); "" is the whole chain.
    places: list[tuple[CurrencyDay, str]]
    #: Place, hour; receipts, units, gross, net, gross of the negative receipts.
    hours: Integers
    #: Place, hour, category; receipts, units, gross, net.
    categories: Integers
    #: Place, product, name; receipts, units, gross, net.
    products: Integers
    #: Of each row of `products` its newest sale.
    last: Seconds
    #: Place, hour, product; receipts, units, gross, net. Of the whole chain only.
    product_hours: Integers
    category_names: list[str]
    product_codes: list[str]
    #: What lines call the products, ascending.
    product_names: list[str]


def figure_sums(columns: Columns) -> FigureSums:
    """The sums of a batch by store; a receipt has its one store and hour."""
    kept, lines = columns.kept, columns.tables["lines"]
    receipts = columns.tables["receipts"]
    places, chain, place, hour = _where(columns)
    gross = receipts.amounts[:, 1]
    of_hours = np.column_stack([np.ones_like(gross), receipts.amounts, np.minimum(gross, 0)])
    there = receipts.receipt
    hours = added(place[there] * N_HOURS + hour[there], of_hours)

    category, product = (column.codes[kept.line] for column in (kept.categories, kept.products))
    n_categories, n_products = len(kept.categories.values) or 1, len(kept.products.values) or 1
    line_place, line_hour = place[lines.receipt], hour[lines.receipt]
    order, amounts = _by_receipt(category, n_categories, lines)
    when = line_place * N_HOURS + line_hour
    categories = added((when * n_categories + category)[order], amounts)

    names, name = _ascending(list(kept.names.values), kept.names.codes[kept.line])
    order, amounts = _by_receipt(product, n_products, lines)
    products, last, named = newest(
        (line_place * n_products + product)[order],
        amounts,
        kept.last[lines.receipt[order]],
        name[order],
    )
    when = chain[line_place] * N_HOURS + line_hour
    product_hours = added((when * n_products + product)[order], amounts)
    return FigureSums(
        places,
        split(hours, N_HOURS),
        split(categories, N_HOURS, n_categories),
        np.column_stack([split(products[:, :1], n_products), named, products[:, 1:]]),
        last,
        split(product_hours, N_HOURS, n_products),
        list(kept.categories.values),
        list(kept.products.values),
        names,
    )


def _where(columns: Columns) -> tuple[list[tuple[CurrencyDay, str]], Integers, Integers, Integers]:
    """Every place; of each place the one of its chain; the place and the hour of each receipt."""
    receipts, stores = columns.tables["receipts"], columns.tables["stores"]
    count = len(columns.keys)
    place, hour = np.zeros(count, np.int64), np.zeros(count, np.int64)
    place[stores.receipt] = stores.fact
    hours = np.array([int(facts.hour) for facts in receipts.facts], np.int64)
    hour[receipts.receipt] = hours[receipts.fact]
    places = [(facts.day, facts.store) for facts in stores.facts]
    days = {day: len(places) + at for at, day in enumerate(dict.fromkeys(day for day, _ in places))}
    chain = np.array([days[day] for day, _ in places], np.int64)
    return [*places, *((day, "") for day in days)], chain, place, hour


def _ascending(values: list[str], codes: Integers) -> tuple[list[str], Integers]:
    """A column whose values are in order, so that the greater code is of the greater text."""
    order = sorted(range(len(values)), key=values.__getitem__)
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return [values[each] for each in order], rank[codes]


def _by_receipt(code: Integers, codes: int, lines: AmountTable) -> tuple[Integers, Integers]:
    """An order of the lines; in that order how many receipts each adds to its code, and amounts.

    Of the lines of a receipt with one code the first adds the receipt.
    """
    both = lines.receipt * codes + code
    order = np.argsort(both)
    first = np.zeros(len(order), np.int64)
    first[starts(both[order])] = 1
    return order, np.column_stack([first, lines.amounts[order]])


def split(rows: Integers, *sizes: int) -> Integers:
    """The code of each row as its parts; the first one is what the sizes of the others leave."""
    code, parts = rows[:, 0], []
    for size in reversed(sizes):
        code, part = np.divmod(code, size)
        parts.append(part)
    return np.column_stack([code, *reversed(parts), rows[:, 1:]])
