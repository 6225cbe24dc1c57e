"""What the receipts of a batch add to the figures of days and stores, summed with numpy. Pure."""

from datetime import date
from typing import NamedTuple

import numpy as np

from analytics.counting.columns import AmountTable, Columns, Integers, Seconds

_HOURS = 24


class FigureSums(NamedTuple):
    """Rows of int64, one for each distinct key; all names and places by their index."""

    #: (day, store); "" is the whole chain.
    places: list[tuple[date, str]]
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
    """The sums of a batch by store, and of the chain: there a receipt has its one store and hour,
    so that what stores have adds up.
    """
    kept, lines = columns.kept, columns.tables["lines"]
    receipts = columns.tables["receipts"]
    places, chain, place, hour = _where(columns)
    gross = receipts.amounts[:, 1]
    of_hours = np.column_stack([np.ones_like(gross), receipts.amounts, np.minimum(gross, 0)])
    there = receipts.receipt
    hours = _added(place[there] * _HOURS + hour[there], of_hours)

    category, product = (column.codes[kept.line] for column in (kept.categories, kept.products))
    n_categories, n_products = len(kept.categories.values) or 1, len(kept.products.values) or 1
    line_place, line_hour = place[lines.receipt], hour[lines.receipt]
    when = line_place * _HOURS + line_hour
    categories = _summed(when * n_categories + category, lines)
    names, name = _ascending(list(kept.names.values), kept.names.codes[kept.line])
    products, last, named = _products(
        line_place * n_products + product, lines, kept.last[lines.receipt], name
    )
    chain_hours = chain[line_place] * _HOURS + line_hour
    product_hours = _summed(chain_hours * n_products + product, lines)

    chain_of_hours = _added(
        chain[hours[:, 0] // _HOURS] * _HOURS + hours[:, 0] % _HOURS, hours[:, 1:]
    )
    of_category = categories[:, 0] % n_categories
    of_when = categories[:, 0] // n_categories
    chain_categories = _added(
        (chain[of_when // _HOURS] * _HOURS + of_when % _HOURS) * n_categories + of_category,
        categories[:, 1:],
    )
    chain_products, chain_last, chain_named = _newest(
        chain[products[:, 0] // n_products] * n_products + products[:, 0] % n_products,
        products[:, 1:],
        last,
        named,
    )
    all_products = np.concatenate([products, chain_products])
    return FigureSums(
        places,
        _split(np.concatenate([hours, chain_of_hours]), _HOURS),
        _split(np.concatenate([categories, chain_categories]), _HOURS, n_categories),
        np.column_stack(
            [
                _split(all_products, n_products)[:, :2],
                np.concatenate([named, chain_named]),
                all_products[:, 1:],
            ]
        ),
        np.concatenate([last, chain_last]),
        _split(product_hours, _HOURS, n_products),
        list(kept.categories.values),
        list(kept.products.values),
        names,
    )


def _where(columns: Columns) -> tuple[list[tuple[date, str]], Integers, Integers, Integers]:
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


def _starts(ordered: Integers) -> Integers:
    """Where each group of equal values begins."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])


def _added(code: Integers, amounts: Integers) -> Integers:
    """For each distinct code one row: it, and the sums of its rows of amounts."""
    order = np.argsort(code)
    ordered = code[order]
    starts = _starts(ordered)
    return np.column_stack([ordered[starts], np.add.reduceat(amounts[order], starts, axis=0)])


def _summed(code: Integers, lines: AmountTable) -> Integers:
    """The same of lines; the first column after the code is how many receipts have such a line."""
    order, first = _in_order(code, lines)
    return _added(code[order], np.column_stack([first, lines.amounts[order]]))


def _in_order(code: Integers, lines: AmountTable) -> tuple[Integers, Integers]:
    """The rows by code and receipt, and which of them are the first of both."""
    receipts = int(lines.receipt.max(initial=0)) + 1
    both = code * receipts + lines.receipt
    order = np.argsort(both)
    ordered = both[order]
    first = np.zeros(len(ordered), np.int64)
    first[_starts(ordered)] = 1
    return order, first


def _products(
    code: Integers, lines: AmountTable, last: Seconds, name: Integers
) -> tuple[Integers, Seconds, Integers]:
    order, first = _in_order(code, lines)
    amounts = np.column_stack([first, lines.amounts[order]])
    return _newest(code[order], amounts, last[order], name[order])


def _newest(
    code: Integers, amounts: Integers, last: Seconds, name: Integers
) -> tuple[Integers, Seconds, Integers]:
    """As `_added`; with the newest sale of each code, and the greatest name that it had then."""
    order = np.argsort(code)
    ordered, last, name = code[order], last[order], name[order]
    starts = _starts(ordered)
    if not len(starts):
        return np.zeros((0, amounts.shape[1] + 1), np.int64), last, name
    newest = np.maximum.reduceat(last, starts)
    lengths = np.diff(starts, append=len(ordered))
    of_newest = np.where(last == np.repeat(newest, lengths), name, -1)
    rows = np.column_stack([ordered[starts], np.add.reduceat(amounts[order], starts, axis=0)])
    return rows, newest, np.maximum.reduceat(of_newest, starts)


def _split(rows: Integers, *sizes: int) -> Integers:
    """The code of each row as its parts; the first one is what the sizes of the others leave."""
    code, parts = rows[:, 0], []
    for size in reversed(sizes):
        code, part = np.divmod(code, size)
        parts.append(part)
    return np.column_stack([code, *reversed(parts), rows[:, 1:]])
