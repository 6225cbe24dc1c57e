"""The figures of days and stores: equal to a plain sum over the lines, in any order and batches."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counting.batch_sums import batch_sums
from analytics.counting.columns import Columns
from analytics.counting.decoding import read_columns
from analytics.counting.figure_merge import merged
from analytics.counting.isolation import largest
from analytics.counting.store_day import LIMITS, Limits
from analytics.ledger.figures_journal import Added
from analytics.ledger.kept_figures import KeptFigures
from analytics.ledger.ledger_file import Ledger
from tests.support.receipts import line, receipt, stamped
from tillstream import day_figures
from tillstream.clock import BusinessDay
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures, HourFigures, ProductFigures, StoreFigures
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("UTC")), {})
DAYS = [CurrencyDay(date(2026, 11, 17)), CurrencyDay(date(2026, 11, 18))]
TINY = Limits(2, 3)

Fields = dict[str, Any]


@st.composite
def some_receipts(draw: st.DrawFn) -> list[Fields]:
    chance = random.Random(draw(st.integers(0, 10**6)))
    return [made(number, chance) for number in range(draw(st.integers(0, 14)))]


def made(number: int, chance: random.Random) -> Fields:
    lines = [
        line(chance.randint(-500, 500), chance.choice("ABCD"), chance.choice((0.5, 1, 2)))
        | {
            "productCode": chance.choice(("1", 1, "2", "3", "4", "5")),
            "productDescription": chance.choice(("x", "y", "z" * 150)),
        }
        for _ in range(chance.randint(0, 4))
    ]
    sold = f"{chance.choice(DAYS)} {chance.choice(('08', '09', '23'))}:0{chance.randint(0, 2)}:00"
    cents = chance.randint(-900, 900)
    return receipt(
        number, cents=cents, lines=lines, storeID=chance.choice((1, "2", "x")), date=sold
    )


def columns(some: list[Fields]) -> Columns:
    return read_columns(
        [LogMessage(0, b"\n".join(map(stamped, some)), "application/x-ndjson")], STORES
    )


@contextmanager
def kept(limits: Limits, most_cells: int = 10**6) -> Iterator[tuple[KeptFigures, Ledger]]:
    with Ledger(Path(":memory:"), journal="OFF") as ledger:
        ledger.begin()
        yield KeptFigures(ledger.store_days, None, most_cells, limits), ledger


def counted(
    batches: list[list[Fields]], limits: Limits = LIMITS, most_cells: int = 10**6
) -> dict[tuple[CurrencyDay, str], StoreFigures]:
    with kept(limits, most_cells) as (figures, ledger):
        for batch in batches:
            figures.add(batch_sums(columns(batch)).figures, 0)
            if figures.is_large:
                figures.write()
                figures.bound_memory()
        figures.write()
        return all_of(ledger)


def all_of(ledger: Ledger) -> dict[tuple[CurrencyDay, str], StoreFigures]:
    found = {}
    for day in DAYS:
        for store in ledger.store_days.stores(day):
            one = ledger.store_days.figures(day, store)
            assert one is not None
            found[day, store] = one[0]
    return found


def one_by_one(
    some: list[Fields], limits: Limits = LIMITS
) -> dict[tuple[CurrencyDay, str], StoreFigures]:
    """The same by loops over lines."""
    found: dict[tuple[CurrencyDay, str], StoreFigures] = {}
    for fields in some:
        day = CurrencyDay(date.fromisoformat(fields["date"][:10]))
        hour = fields["date"][11:13]
        last = min(
            1_795_000_000.0, datetime.fromisoformat(fields["date"]).replace(tzinfo=UTC).timestamp()
        )
        for store in ("", str(fields["storeID"])):
            figures = found.setdefault((day, store), StoreFigures())
            gross = round(fields["documentTotal"]["grossTotal"] * 100)
            units = sum(round(each["quantity"] * 1000) for each in fields["lines"])
            whole = figures.hours.setdefault(hour, HourFigures())
            day_figures.add(whole, Figures(1, units, gross, gross))
            whole.returns_minor += min(0, gross)
            for place, each in enumerate(fields["lines"]):
                category, code = each["productCategoryName"], str(each["productCode"])
                before = fields["lines"][:place]
                cents = round(each["settlementAmount"] * 100)
                amounts = (round(each["quantity"] * 1000), cents, cents)
                first = category not in [one["productCategoryName"] for one in before]
                of_category = figures.categories.setdefault(hour, {})
                added = Figures(int(first), *amounts)
                day_figures.add(of_category.setdefault(category, Figures()), added)
                first = code not in [str(one["productCode"]) for one in before]
                added = Figures(int(first), *amounts)
                product = figures.products.setdefault(code, ProductFigures())
                day_figures.add(product, added)
                newest = (last, each["productDescription"][:100])
                product.last, product.name = max(newest, (product.last, product.name))
                if not store:
                    of_hour = figures.product_hours.setdefault(hour, {})
                    day_figures.add(of_hour.setdefault(code, Figures()), added)
    for figures in found.values():
        _limit(figures, limits)
    return found


def _limit(figures: StoreFigures, limits: Limits) -> None:
    named = _smallest({name for hour in figures.categories.values() for name in hour}, limits[0])
    for hour, categories in list(figures.categories.items()):
        for name in categories.keys() - named:
            other = figures.other_categories.setdefault(hour, Figures())
            day_figures.add(other, categories.pop(name))
        if not categories:
            del figures.categories[hour]
    products = _smallest(set(figures.products), limits[1])
    for code in figures.products.keys() - products:
        day_figures.add(figures.other_products, figures.products.pop(code))
    for hour, of_hour in list(figures.product_hours.items()):
        for code in of_hour.keys() - products:
            del of_hour[code]
        if not of_hour:
            del figures.product_hours[hour]


def _smallest(names: set[str], most: int) -> set[str]:
    digest = lambda name: blake2b(name.encode(), digest_size=8).digest()  # noqa: E731
    return set(sorted(names, key=digest)[:most])


@settings(deadline=None, max_examples=25)
@given(some_receipts())
def test_sums_are_those_of_the_lines_one_by_one(some: list[Fields]) -> None:
    assert one_by_one(some) == counted([some])


@pytest.mark.parametrize("limits", [TINY, LIMITS])
@settings(deadline=None, max_examples=25)
@given(some_receipts(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_neither_order_nor_batches_nor_what_is_held_matters(
    limits: Limits, some: list[Fields], chance: random.Random, size: int
) -> None:
    shuffled = chance.sample(some, len(some))
    batches = [shuffled[begin : begin + size] for begin in range(0, len(some), size)]

    assert one_by_one(some, limits) == counted(batches, limits, most_cells=10)


#: What happens to a commit: `note` leaves its sums to the journal, `write` writes the bodies; it is
#: rolled back and counted again; the worker is killed after it.
commits = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=14, max_size=14)


@pytest.mark.parametrize("limits", [TINY, LIMITS])
@settings(deadline=None, max_examples=25)
@given(some_receipts(), commits, st.integers(1, 5), st.sampled_from((10, 60, 10**6)))
def test_bodies_and_journal_together_are_all_that_was_committed(
    limits: Limits,
    some: list[Fields],
    happens: list[tuple[bool, bool, bool]],
    size: int,
    most_cells: int,
) -> None:
    with Ledger(Path(":memory:")) as ledger:
        load = partial(KeptFigures, ledger.store_days, ledger.figures_journal, most_cells, limits)
        figures = load()
        for begin, (writes, fails, dies) in zip(range(0, len(some), size), happens, strict=False):
            for repeated in range(1 + fails):
                ledger.begin()
                figures.add(batch_sums(columns(some[begin : begin + size])).figures, 1)
                (figures.write if writes else figures.note)()
                if fails and not repeated:
                    ledger.rollback()
                    figures = load()
                else:
                    ledger.commit()
            figures.bound_memory()
            if dies:
                figures = load()

        assert one_by_one(some, limits) == read(figures) == read(load())


@settings(deadline=None, max_examples=25)
@given(some_receipts(), st.integers(1, 5), st.integers(1_000, 60_000))
def test_room_does_not_depend_on_what_waits_to_be_added(
    some: list[Fields], size: int, limit: int
) -> None:
    with kept(LIMITS) as (waiting, _), kept(LIMITS) as (settled, _):
        for begin in range(0, len(some), size):
            batch = columns(some[begin : begin + size])
            sums = batch_sums(batch).figures
            most = max(len(table.fact) * largest(table) for table in batch.tables.values())
            has_room = settled.has_room(sums, most, limit)

            assert waiting.has_room(sums, most, limit) == has_room
            if has_room:
                waiting.add(sums, most)
                settled.add(sums, most)
                settled.write()


@settings(deadline=None, max_examples=10)
@given(some_receipts())
def test_a_journal_that_has_the_rows_of_chains_as_well_counts_them_once(some: list[Fields]) -> None:
    with Ledger(Path(":memory:")) as ledger:
        sums = batch_sums(columns(some)).figures
        ledger.figures_journal.append([Added(merged([sums]), 1)])

        assert one_by_one(some) == read(KeptFigures(ledger.store_days, ledger.figures_journal))


def read(figures: KeptFigures) -> dict[tuple[CurrencyDay, str], StoreFigures]:
    return {
        (day, store): one
        for day in DAYS
        for store in figures.stores(day)
        if (one := figures.figures(day, store)) is not None
    }
