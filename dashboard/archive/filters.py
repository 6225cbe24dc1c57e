"""What the filters can be set to, and the figures under them: of the live page and of a store."""

import msgspec

from dashboard.access.reader import EVERYTHING, Reader
from dashboard.archive import store_tills
from dashboard.archive.filtered_day import FilteredDays
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays
from tillstream.clock import Clock
from tillstream.stores import as_read


class Choices(msgspec.Struct, frozen=True):
    """Names in the order in which they are offered."""

    stores: list[str]
    categories: list[str]


class Filters:
    """Answers to the pages; nothing is held that another process would need."""

    def __init__(self, model: Model, days: StoreDays, filtered: FilteredDays, clock: Clock) -> None:
        self._model = model
        self._days = days
        self._filtered = filtered
        self._clock = clock

    def choices(self, region: str = "", reader: Reader = EVERYTHING) -> Choices:
        """What the feeds name; if they do not name every store, the archive does.

        Of a region, its stores only; none that the reader does not see. Raises ArchiveAwayError.
        """
        stores, categories, complete = self._model.named()
        if reader.stores is not None:
            stores = list(reader.stores)
        elif not (region or complete):
            stores = self._filtered.stores()
        table = self._days.table
        known = table.of_region(region) if region else {*stores, *table.stores}
        return Choices(sorted(reader.only(known), key=as_read), sorted(categories))

    def filtered(self, store: str = "", region: str = "", category: str = "") -> FilteredDay:
        """The day's figures of a store, else of a region, of a category; of a store's region none.

        Raises ArchiveAwayError.
        """
        today = self._days.of(store)
        chosen = Filter(today.day, store, "" if store else region, category)
        found = self._filtered.find(chosen, today, self._model.closed_week())
        if not store:
            return found
        sold, ledger = found.panels["store-tills"], self._model.tills(self._clock())
        tills = {"store-tills": store_tills.rows(store, sold, ledger)}
        return msgspec.structs.replace(found, panels=found.panels | tills)
