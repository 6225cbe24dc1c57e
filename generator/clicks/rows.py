"""Clicks and purchases as the rows that are sent, in the order in which they are heard."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from generator.clicks import tables
from generator.clicks.world import (
    PAGES,
    PAYMENTS,
    REASONS,
    SECOND,
    SOURCES,
    Clicks,
    Integers,
    Plan,
    Purchases,
    World,
)
from generator.shop.parcels import Parcel

USERS, PRODUCTS, CLICKS, PURCHASES = "users", "products", "clicks", "purchases"
#: Of the column that says when a row is heard; not sent.
_ARRIVAL = "_arrival"
_PLAIN = pa.csv.WriteOptions(include_header=False, quoting_style="none")
_RESULTS = ("success", "failure")


class Rows(NamedTuple):
    """Rows of both streams, each in the order in which they are heard."""

    clicks: pa.Table
    purchases: pa.Table


def rows(plan: Plan, world: World) -> Rows:
    """As they are sent, with when each is heard."""
    return Rows(_in_order(_clicks(world.clicks)), _in_order(_purchases(plan, world.purchases)))


def joined(one: Rows, other: Rows) -> Rows:
    """Both, in one order."""
    clicks, purchases = (pa.concat_tables(parts) for parts in zip(one, other, strict=True))
    return Rows(_in_order(clicks), _in_order(purchases))


def until(heard: Rows, moment_us: int) -> tuple[Rows, Rows]:
    """Those that are heard before then, and the others."""
    ends = [int(np.searchsorted(_arrivals(table), moment_us)) for table in heard]
    before = Rows(*(table.slice(0, end) for table, end in zip(heard, ends, strict=True)))
    return before, Rows(*(table.slice(end) for table, end in zip(heard, ends, strict=True)))


def slices_by_count(heard: Rows, count: int) -> Iterator[Rows]:
    """So many rows at a time, of both streams together, in the order in which they are heard."""
    numbers = slice_numbers(_arrivals(heard.clicks), _arrivals(heard.purchases), count)
    lasts = int(max((one[-1] for one in numbers if len(one)), default=-1))
    edges = [np.searchsorted(one, np.arange(lasts + 2)) for one in numbers]
    for number in range(lasts + 1):
        yield Rows(
            *(
                table.slice(int(edge[number]), int(edge[number + 1] - edge[number]))
                for table, edge in zip(heard, edges, strict=True)
            )
        )


def slice_numbers(clicks: Integers, purchases: Integers, count: int) -> tuple[Integers, Integers]:
    """In which slice of `count` each is, by when it is heard (ascending); clicks come first."""
    places = np.argsort(np.concatenate([clicks, purchases]), kind="stable")
    numbers = np.empty(len(places), np.int64)
    numbers[places] = np.arange(len(places)) // count
    return numbers[: len(clicks)], numbers[len(clicks) :]


def slices_by_time(heard: Rows, start_us: int, end_us: int, each_us: int) -> Iterator[Rows]:
    """What is heard in each length of time from the start on."""
    rest = heard
    for moment in range(start_us + each_us, end_us + each_us, each_us):
        before, rest = until(rest, moment)
        yield before


class Parcels:
    """Makes parcels of tables, numbered one after the other."""

    def __init__(self) -> None:
        self._number = 0

    def of_rows(self, heard: Rows) -> Iterator[Parcel]:
        """Of a slice: its clicks, then its purchases; due when its last row is heard."""
        for stream, table in zip((CLICKS, PURCHASES), heard, strict=True):
            if table.num_rows:
                arrivals = _arrivals(table) / SECOND
                sent = table.drop_columns([_ARRIVAL])
                yield self.of(stream, sent, float(arrivals[0]), float(arrivals[-1]))

    def of(
        self, stream: str, table: pa.Table, begins: float | None = None, ends: float | None = None
    ) -> Parcel:
        """A table as CSV without its header."""
        text = pa.BufferOutputStream()
        pa.csv.write_csv(table, text, _PLAIN)
        lines = text.getvalue().to_pybytes()
        self._number += 1
        return Parcel(self._number - 1, lines, table.num_rows, begins, ends, stream)


def headers(of: Rows, users: pa.Table, products: pa.Table) -> dict[str, bytes]:
    """The first line of each stream's bodies."""
    named = {USERS: users, PRODUCTS: products, CLICKS: of.clicks, PURCHASES: of.purchases}
    return {
        stream: ",".join(name for name in table.column_names if name != _ARRIVAL).encode() + b"\n"
        for stream, table in named.items()
    }


def _arrivals(table: pa.Table) -> Integers:
    return np.asarray(table[_ARRIVAL].to_numpy(), np.int64)


def _in_order(table: pa.Table) -> pa.Table:
    order = np.argsort(_arrivals(table), kind="stable")
    return table.take(pa.array(order)).combine_chunks()


def _clicks(clicks: Clicks) -> pa.Table:
    return pa.table(
        {
            "click_id": pa.array(clicks.id),
            "user_id": pa.array(clicks.user),
            "click_time": _times(clicks.time),
            "click_at": _texts(PAGES, clicks.page),
            "source": _texts(SOURCES, clicks.source),
            "ip": _addresses(clicks.ip),
            _ARRIVAL: pa.array(clicks.arrival),
        }
    )


def _purchases(plan: Plan, bought: Purchases) -> pa.Table:
    price = tables.products(plan).price[bought.product]
    cents = (price * bought.quantity * (1_000 - bought.discount) + 500) // 1_000 + bought.shipping
    return pa.table(
        {
            "purchase_id": pa.array(bought.id),
            "user_id": pa.array(bought.user),
            "product_id": pa.array(bought.product + 1),
            "shipping_cost": tables.decimals(bought.shipping, 2),
            "discount": tables.decimals(bought.discount, 3),
            # As the till has rounded it: what counts is made of the price.
            "total_cost": tables.decimals(cents, 2),
            "payment_method": _texts(PAYMENTS, bought.payment),
            "quantity": pa.array(bought.quantity),
            "payment_status": _texts(_RESULTS, (bought.reason >= 0).astype(np.int64)),
            "description": _texts((*REASONS, None), bought.reason % (len(REASONS) + 1)),
            "purchase_time": _times(bought.time),
            _ARRIVAL: pa.array(bought.arrival),
        }
    )


def _times(microseconds: Integers) -> pa.Array:
    # With a zone the writer of CSV ends them with Z.
    return pa.array(microseconds // 1_000).cast(pa.timestamp("ms", "UTC"))


def _texts(values: tuple[str | None, ...], places: Integers) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(places))


def _addresses(numbers: Integers) -> pa.Array:
    """IPv4 addresses as texts."""
    numerals = pa.array([str(one) for one in range(256)])
    parts = [numerals.take(pa.array(numbers >> shift & 255)) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*parts, ".")
