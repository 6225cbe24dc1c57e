"""What the pages show of each currency: figures of one never hold another's.

A view is made when receipts of its currency are first known of; what reads the archive for it
begins when somebody looks.
"""

import threading
from collections.abc import Callable, Collection

import structlog
from msgspec.structs import replace

from dashboard.archive.days import RangeOfDays
from dashboard.archive.filters import Filters
from dashboard.archive.history import History
from dashboard.archive.past_days import PastDays
from dashboard.archive.products import Products
from dashboard.archive.replay import Replays
from dashboard.archive.store_standings import StoreStandings
from dashboard.state.heard import Snapshot
from dashboard.state.model import Model
from tillstream.currencies import EXPONENTS
from tillstream.errors import TillstreamError
from tillstream.runtime import essential
from tillstream.snapshots import BreakdownsSnapshot, CategoriesSnapshot, CountSnapshot

log = structlog.get_logger()

#: Of a day without a receipt in a currency nobody publishes anything: it is told so long before the
#: main one's word, so that what is published of the same moment is newer, seconds.
JUST_BEFORE = 0.001


class NoCurrencyError(TillstreamError):
    """A currency in which no receipt is known."""


class View:
    """All that is shown in one currency. `start` may be called again."""

    def __init__(
        self,
        model: Model,
        filters: Filters,
        range_of_days: RangeOfDays,
        standings: StoreStandings,
        products: Products,
        replays: Replays,
        history: History,
        past_days: PastDays,
    ) -> None:
        self.model = model
        self.filters = filters
        self.range_of_days = range_of_days
        self.standings = standings
        self.products = products
        self.replays = replays
        self._runs = {
            "products": products.run,
            "product details": products.run_details,
            "history": history.run,
            "past": past_days.run,
        }
        self.threads: list[threading.Thread] = []

    def start(self) -> None:
        """Read the archive from now on."""
        if not self.threads:
            self.threads = [essential.start_thread(name, run) for name, run in self._runs.items()]


class CurrencyViews:
    """The view of each currency; safe to call from several threads."""

    def __init__(
        self, main: str, make: Callable[[str], View], added: Callable[[str, Model], None]
    ) -> None:
        """`added` hears of each currency after the main one, with its model."""
        self._make = make
        self._added = added
        self._lock = threading.Lock()
        self.main = main
        self.main_view = make(main)
        self._views = {main: self.main_view}

    def know(self, currencies: Collection[str]) -> None:
        """Make a view of each that has none yet; a code of no currency is passed over."""
        with self._lock:
            for currency in sorted(set(currencies) & EXPONENTS.keys() - self._views.keys()):
                view = self._views[currency] = self._make(currency)
                self._added(currency, view.model)
                log.info("another currency is shown", currency=currency)

    def of(self, currency: str) -> View:
        """The view of a currency, the main one's for the empty text; raises NoCurrencyError."""
        view = self._views.get(currency or self.main)
        if view is None:
            raise NoCurrencyError(f"no receipt in {currency[:3]!r} is known")
        with self._lock:
            view.start()
        return view

    def currencies(self) -> list[str]:
        """Those that receipts are known in, the main one first."""
        with self._lock:
            return [self.main, *sorted(self._views.keys() - {self.main})]

    def take(self, snapshot: Snapshot, now: float) -> None:
        """Hand a snapshot that came at `now` to the view of its currency, else to all."""
        currency = getattr(snapshot, "currency", None)
        if currency is not None:
            self.know([currency])
        with self._lock:
            views = dict(self._views)
        for name, view in views.items():
            if currency in (None, name):
                view.model.take(snapshot, now)
            elif currency == self.main and isinstance(
                snapshot, CountSnapshot | CategoriesSnapshot | BreakdownsSnapshot
            ):
                view.model.take_nothing(_nothing(snapshot, name), now)

    @property
    def threads(self) -> list[threading.Thread]:
        """Those that read the archive."""
        with self._lock:
            return [thread for view in self._views.values() for thread in view.threads]


def _nothing(
    main: CountSnapshot | CategoriesSnapshot | BreakdownsSnapshot, currency: str
) -> Snapshot:
    """What another currency's snapshot would say beside the main one's, had the day no receipt."""
    as_of = main.as_of - JUST_BEFORE
    match main:
        case CountSnapshot():
            return replace(
                main,
                currency=currency,
                sum=f"{0:.{EXPONENTS[currency]}f}",
                sum_minor=0,
                net_minor=0,
                count=0,
                units_milli=0,
                closed_days=(),
                as_of=as_of,
            )
        case CategoriesSnapshot():
            return replace(main, currency=currency, categories=(), as_of=as_of)
        case BreakdownsSnapshot():
            return replace(
                main,
                currency=currency,
                stores=0,
                breakdowns={},
                known_stores=0,
                at_zero=0,
                stores_at_zero=(),
                as_of=as_of,
            )
