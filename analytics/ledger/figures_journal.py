"""What batches added to the figures of days and stores since their bodies were written.

A row for each commit, a tenth of the bodies that it changes. The bodies of `store_days` and these
rows together are all that was counted: whoever has read the bodies adds the rows to them.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import msgspec
import numpy as np

from analytics.counting.columns import Integers
from analytics.counting.figure_sums import FigureSums
from tillstream.currencies import CURRENCY
from tillstream.currency_day import currency_day
from tillstream.day_figures import encode


class Added(NamedTuple):
    """The sums of a batch, and what they come to without their signs, at most."""

    sums: FigureSums
    most: int


class _Table(msgspec.Struct, array_like=True):
    """Rows of integers as they are in memory: how many columns, and of how many bytes each."""

    columns: int
    width: int
    data: bytes


class _Places(msgspec.Struct, array_like=True):
    """The beginning of a row; days are ordinals."""

    days: list[int]
    stores: list[str]


class _Row(_Places, array_like=True):
    """`FigureSums`; seconds are in their own bytes."""

    hours: _Table
    categories: _Table
    products: _Table
    last: bytes
    product_hours: _Table
    category_names: list[str]
    product_codes: list[str]
    product_names: list[str]
    #: Of the days, where one is not in euros.
    currencies: list[str] = []


_decode_places = msgspec.msgpack.Decoder(_Places).decode
_decode = msgspec.msgpack.Decoder(_Row).decode
_WIDTHS = ((np.int16, 2**15), (np.int32, 2**31))


class FiguresJournal:
    """The table `figures_journal` of a ledger, or of a connection that only reads."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def append(self, some: Iterable[Added]) -> None:
        """Keep what batches added, in the ledger's transaction."""
        self._database.executemany(
            "INSERT INTO figures_journal (most, sums) VALUES (?, ?)",
            [(added.most, encode(_packed(added.sums))) for added in some],
        )

    def read(self) -> Iterator[Added]:
        """Everything that is not in the bodies."""
        for most, sums in self._database.execute("SELECT most, sums FROM figures_journal"):
            yield Added(_of_stores(_unpacked(_decode(sums))), most)

    def days(self) -> set[date]:
        """The days that it has anything of."""
        rows = self._database.execute("SELECT sums FROM figures_journal")
        return {date.fromordinal(day) for (sums,) in rows for day in _decode_places(sums).days}

    def clear(self) -> None:
        """Forget it: the bodies have it, as of the same transaction."""
        self._database.execute("DELETE FROM figures_journal")


def _packed(sums: FigureSums) -> _Row:
    currencies = [day.currency for day, _ in sums.places]
    return _Row(
        [day.ordinal() for day, _ in sums.places],
        [store for _, store in sums.places],
        _table(sums.hours),
        _table(sums.categories),
        _table(sums.products),
        sums.last.tobytes(),
        _table(sums.product_hours),
        *sums[6:],
        currencies if any(each != CURRENCY for each in currencies) else [],
    )


def _unpacked(row: _Row) -> FigureSums:
    return FigureSums(
        [
            (currency_day(day, currency), store)
            for day, currency, store in zip(
                row.days, row.currencies or [CURRENCY] * len(row.days), row.stores, strict=True
            )
        ],
        _rows(row.hours),
        _rows(row.categories),
        _rows(row.products),
        np.frombuffer(row.last, np.float64),
        _rows(row.product_hours),
        row.category_names,
        row.product_codes,
        row.product_names,
    )


def _of_stores(sums: FigureSums) -> FigureSums:
    """Without the rows of chains that were once written beside those of stores."""
    is_store = np.array([bool(store) for _, store in sums.places], np.bool_)
    of_products = is_store[sums.products[:, 0]]
    return sums._replace(
        hours=sums.hours[is_store[sums.hours[:, 0]]],
        categories=sums.categories[is_store[sums.categories[:, 0]]],
        products=sums.products[of_products],
        last=sums.last[of_products],
    )


def _table(rows: Integers) -> _Table:
    """In the narrowest integers that have all of it."""
    lowest, highest = int(rows.min(initial=0)), int(rows.max(initial=0))
    for kind, limit in _WIDTHS:
        if -limit <= lowest and highest < limit:
            return _Table(rows.shape[1], kind().itemsize, rows.astype(kind).tobytes())
    return _Table(rows.shape[1], 8, rows.tobytes())


def _rows(table: _Table) -> Integers:
    found = np.frombuffer(table.data, f"i{table.width}").reshape(-1, table.columns)
    return found.astype(np.int64)
