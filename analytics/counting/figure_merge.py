"""The sums of several batches as one, and what they add to the whole chain. Pure.

Added to objects in Python, each distinct key costs a microsecond: the more batches share a key,
the less a receipt costs.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

from analytics.counting.columns import Integers
from analytics.counting.figure_sums import N_HOURS, FigureSums, split
from analytics.counting.grouping import added, newest
from tillstream.currency_day import CurrencyDay

_Value = TypeVar("_Value", bound=Hashable)


def merged(some: Sequence[FigureSums]) -> FigureSums:
    """All of `some`, at least one; the chain's rows (store "") come after those of its stores."""
    places: dict[tuple[CurrencyDay, str], int] = {}
    categories: dict[str, int] = {}
    products: dict[str, int] = {}
    # Ascending, so that the greater code is of the greater text.
    names = {
        name: code
        for code, name in enumerate(sorted({name for sums in some for name in sums.product_names}))
    }
    tables = [
        (
            _recoded(sums.hours, place := _codes(sums.places, places)),
            _recoded(sums.categories, place, None, _codes(sums.category_names, categories)),
            _recoded(
                sums.products,
                place,
                product := _codes(sums.product_codes, products),
                _codes(sums.product_names, names),
            ),
            _recoded(sums.product_hours, place, None, product),
        )
        for sums in some
    ]
    hours, of_category, of_product, product_hours = map(np.concatenate, zip(*tables, strict=True))
    last = np.concatenate([sums.last for sums in some])
    chain = np.array([places[day, ""] for day, _ in places], np.int64)
    n_categories, n_products = len(categories) or 1, len(products) or 1

    hours = added(_code(hours, N_HOURS), hours[:, 2:])
    of_chain = added(_of_chain(chain, hours, N_HOURS), hours[:, 1:])
    hours = np.concatenate([hours, of_chain])

    of_category = added(_code(of_category, N_HOURS, n_categories), of_category[:, 3:])
    code = _of_chain(chain, of_category, N_HOURS * n_categories)
    of_category = np.concatenate([of_category, added(code, of_category[:, 1:])])

    code = _code(of_product, n_products)
    of_product, last, name = newest(code, of_product[:, 3:], last, of_product[:, 2])
    code = _of_chain(chain, of_product, n_products)
    of_chain, chain_last, chain_name = newest(code, of_product[:, 1:], last, name)
    of_product, last = np.concatenate([of_product, of_chain]), np.concatenate([last, chain_last])
    name = np.concatenate([name, chain_name])

    product_hours = added(_code(product_hours, N_HOURS, n_products), product_hours[:, 3:])
    return FigureSums(
        list(places),
        split(hours, N_HOURS),
        split(of_category, N_HOURS, n_categories),
        np.column_stack([split(of_product[:, :1], n_products), name, of_product[:, 1:]]),
        last,
        split(product_hours, N_HOURS, n_products),
        list(categories),
        list(products),
        list(names),
    )


def _codes(values: Sequence[_Value], every: dict[_Value, int]) -> Integers:
    """Of each value its number in `every`; what is new gets the next one."""
    return np.array([every.setdefault(value, len(every)) for value in values], np.int64)


def _recoded(rows: Integers, *codes: Integers | None) -> Integers:
    """Rows with other numbers in their first columns; None leaves one as it is."""
    rows = rows.copy()
    for column, of_column in enumerate(codes):
        if of_column is not None and len(rows):
            rows[:, column] = of_column[rows[:, column]]
    return rows


def _code(rows: Integers, *sizes: int) -> Integers:
    """One code of the first columns, as `split` takes it apart."""
    code = rows[:, 0]
    for column, size in enumerate(sizes, 1):
        code = code * size + rows[:, column]
    return code


def _of_chain(chain: Integers, rows: Integers, of_place: int) -> Integers:
    """The code of each row, with the chain's day in the place of its own."""
    place, rest = np.divmod(rows[:, 0], of_place)
    return chain[place] * of_place + rest
