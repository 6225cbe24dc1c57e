"""Reads what the page Products shows, once for all who look; no answer waits for a reading."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime

import msgspec
import structlog
from cachetools import LRUCache
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive import basket_receipts
from dashboard.archive.product_categories import ProductCategories
from dashboard.archive.product_scope import Scope
from dashboard.archive.usual_products import (
    AT_A_TIME,
    UsualOfChain,
    UsualOfStores,
    UsualProducts,
)
from dashboard.state import basket_pairs, product_rows
from dashboard.state.product_hours import place
from dashboard.state.products_answer import (
    CategoriesPart,
    ChoicesPart,
    PairsPart,
    Part,
    ProductsAnswer,
    ProductsPart,
    SoldOutPart,
    answer,
    by_category,
    part,
)
from dashboard.state.sold_out import StoreToday, sold_out
from dashboard.state.store_days import StoreDays
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.day_figures import StoreFigures
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable, as_read
from tillstream.usual import hours_over

log = structlog.get_logger()

#: From one reading to the next, seconds: of the figures, of what is sold out, of the pairs, and of
#: what is usual, which only receipts that come days late change.
PERIOD_SECONDS, SOLD_OUT_SECONDS, PAIRS_SECONDS, USUAL_SECONDS = 2.0, 30.0, 60.0, 3600.0
#: So often it is looked who looks.
LOOK_SECONDS = 0.1
#: Nobody who looked so long ago still looks, seconds.
WATCHED_SECONDS = 10.0
#: Views that are held: a manager has one for each store, and one of all.
MAX_VIEWS = 64


class View:
    """What was read of a scope."""

    def __init__(self) -> None:
        self.asked_at = float("-inf")
        self.read_at: float | None = None
        self.day = ""
        self.parts: dict[str, Part] = {}
        #: Of the products in it.
        self.codes: frozenset[str] = frozenset()
        #: When each part is due again, of the monotonic clock.
        self.due: dict[str, float] = {}
        self.usual: tuple[str, float, UsualOfStores] | None = None

    def is_due(self, name: str, seconds: float) -> bool:
        """Whether a part is to be read, which then is not due for so long, failed or not."""
        now = time.monotonic()
        if now < self.due.get(name, now):
            return False
        self.due[name] = now + seconds
        return True


class Products:
    """Two threads that read, and what they read last; safe to ask from several threads."""

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        figures: FiguresReader,
        days: StoreDays,
        table: StoreTable,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._client = client
        self._database = database
        self._figures = figures
        #: What is sold out asks for every store: it is not held.
        self._passing = FiguresReader(client[database], held_bytes=0, currency=table.currency)
        self._usual_products = UsualProducts(client, database, table.currency)
        self._categories = ProductCategories(client, database, table.currency)
        self._days = days
        self._table = table
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()
        self._views: LRUCache[Scope, View] = LRUCache(MAX_VIEWS)
        self._chain: tuple[str, float, UsualOfChain] | None = None
        self._chain_lock = threading.Lock()

    def answer(self, scope: Scope, known: str) -> ProductsAnswer:
        """What is new to a reader of `known`. Waits for nothing."""
        with self._lock:
            view = self._views.setdefault(scope, View())
            view.asked_at = time.monotonic()
            return answer(view.parts, known, view.read_at)

    def run(self) -> None:
        """Read the figures of what somebody looks at, until `stop`; MongoDB may be away."""
        self._run(self._read_products)

    def run_details(self) -> None:
        """The same for what takes longer: what is sold out, and the pairs."""
        self._run(self._read_details)

    def _run(self, read: Callable[[Scope, View], None]) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            now = time.monotonic()
            with self._lock:
                views = list(self._views.items())
            for scope, view in views:
                if now - view.asked_at < WATCHED_SECONDS:
                    try:
                        read(scope, view)
                    except PyMongoError as error:
                        log.info("no products: MongoDB is away", error=str(error)[:200])

    def _read_products(self, scope: Scope, view: View) -> None:
        if not view.is_due("products", PERIOD_SECONDS):
            return
        now = self._clock()
        calendar = self._table.calendar(scope.store)
        day = self._days.of(scope.store).day
        usual = self._usual_of_chain(day)
        today = date.fromisoformat(day)
        wall = datetime.fromtimestamp(now, calendar.zone)
        if (stores := scope.stores(self._table)) is None:
            over = hours_over(calendar, today, now)
            chain = self._figures.chain([day]).get(day, StoreFigures())
            read = [chain]
            comparison = product_rows.by_hours(chain, usual.days, over)
            names, days = usual.names, sum(bool(each.hours) for each in usual.days)
            until = f"{(int(over[-1]) + 1) % 24:02d}:00" if over else ""
        else:
            of_stores = self._usual_of(view, day, stores)
            read = list(self._figures.stores(day, stores).values())
            comparison = product_rows.scaled(
                of_stores.products, usual.hours, place(calendar, today, now)
            )
            names, days, until = of_stores.names, of_stores.days, f"{wall:%H:%M}"
        products, other = product_rows.together(read)
        rows = product_rows.rows(products, comparison, names, usual.before)
        said = ProductsPart(
            day,
            calendar.zone.key,
            comparison.way,
            days,
            until,
            rows,
            product_rows.falling(rows),
            product_rows.rising(rows),
            other.gross_minor,
        )
        view.codes = frozenset(row.code for row in rows)
        self._put(view, now, products=said, choices=self._choices(usual, scope))

    def _read_details(self, scope: Scope, view: View) -> None:
        day = self._days.of(scope.store).day
        stores = scope.stores(self._table)
        if view.codes and view.is_due("categories", PAIRS_SECONDS):
            of_products = self._categories.of(date.fromisoformat(day))
            said = CategoriesPart(by_category(of_products, view.codes))
            self._put(view, None, categories=said)
        if view.is_due("soldOut", SOLD_OUT_SECONDS if stores is None else SOLD_OUT_SECONDS / 6):
            now = self._clock()
            usual = self._usual_of_chain(day)
            of_stores = self._usual_of(view, day, usual.stores if stores is None else stores)
            found = sold_out(self._today(day, of_stores), usual.hours, now)
            rows = [
                (
                    *(row.store, row.code, row.last),
                    *(round(row.sold, 3), round(row.usual, 1), round(row.expected, 1)),
                )
                for row in found.rows
            ]
            self._put(view, None, soldOut=SoldOutPart(now, rows, found.number, found.watched))
        if view.is_due("pairs", PAIRS_SECONDS):
            now = self._clock()
            baskets = basket_receipts.newest(
                self._client, self._database, day, stores, self._table.currency
            )
            pairs = basket_pairs.count(baskets.products)
            found_pairs = PairsPart(
                now, pairs.pairs, pairs.baskets, pairs.larger, baskets.first, baskets.last
            )
            self._put(view, None, pairs=found_pairs)

    def _put(self, view: View, read_at: float | None, **parts: msgspec.Struct) -> None:
        made = {name: part(value) for name, value in parts.items()}
        with self._lock:
            view.parts = view.parts | made
            view.read_at = view.read_at if read_at is None else read_at

    def _today(self, day: str, usual: UsualOfStores) -> Iterator[StoreToday]:
        every = list(usual.stores)
        for begin in range(0, len(every), AT_A_TIME):
            found = self._passing.stores(day, every[begin : begin + AT_A_TIME])
            for store, figures in found.items():
                yield StoreToday(
                    store,
                    figures.products,
                    usual.stores[store],
                    self._table.calendar(store),
                    self._table.store(store).opening,
                    date.fromisoformat(day),
                )

    def _usual_of_chain(self, day: str) -> UsualOfChain:
        with self._chain_lock:
            now = time.monotonic()
            if self._chain is None or self._chain[0] != day or now > self._chain[1]:
                found = self._usual_products.chain(date.fromisoformat(day), self._table.default)
                self._chain = (day, now + USUAL_SECONDS, found)
            return self._chain[2]

    def _usual_of(self, view: View, day: str, stores: Collection[str]) -> UsualOfStores:
        now = time.monotonic()
        if view.usual is None or view.usual[0] != day or now > view.usual[1]:
            found = self._usual_products.stores(date.fromisoformat(day), stores)
            view.usual = (day, now + USUAL_SECONDS, found)
        return view.usual[2]

    def _choices(self, usual: UsualOfChain, scope: Scope) -> ChoicesPart:
        if scope.within is not None:
            return ChoicesPart([], list(scope.within))
        every = sorted({*usual.stores, *self._table.stores}, key=as_read)
        return ChoicesPart(self._table.regions(), every)
