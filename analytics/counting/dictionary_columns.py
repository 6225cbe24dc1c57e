"""Dictionary encoding: few distinct values, and for each row the index of its own. Pure."""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import numpy as np

from analytics.counting.columns import AmountTable, DictionaryColumn, Integers

H = TypeVar("H", bound=Hashable)

#: Up to so many possible codes a table of them is made: a twentieth of the work of sorting.
TABLE = 1 << 20


def amount_table(
    named: Callable[..., Any],
    columns: Sequence[DictionaryColumn],
    receipt: Integers,
    amounts: Integers,
    *,
    single: bool = False,
) -> AmountTable:
    """A table whose facts are the distinct rows of some columns, given to `named`."""
    sizes = [len(column.values) for column in columns]
    code = np.zeros(len(receipt), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        code = code * size + column.codes
    found, fact = distinct(code, math.prod(sizes))
    indices = np.unravel_index(found, sizes)
    facts = [
        named(*(column.values[index] for column, index in zip(columns, row, strict=True)))
        for row in zip(*(each.tolist() for each in indices), strict=True)
    ]
    return AmountTable(facts, fact, receipt, amounts, single)


def encoded(values: Sequence[H]) -> DictionaryColumn:
    """Values as a column, its distinct ones in the order in which they come."""
    codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return DictionaryColumn(
        list(codes), np.fromiter(map(codes.__getitem__, values), np.int64, len(values))
    )


def distinct(codes: Integers, size: int) -> tuple[Integers, Integers]:
    """The distinct codes in [0, size), ascending, and for each code the index of its own."""
    if size > TABLE:
        return np.unique(codes, return_inverse=True)
    place = np.zeros(size, np.int64)
    place[codes] = 1
    found = np.flatnonzero(place)
    place[found] = np.arange(len(found))
    return found, place[codes]
