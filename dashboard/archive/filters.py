"""What the filters of the live page can be set to, and the figures under them."""

import msgspec

from dashboard.archive.filtered_day import Narrowed, Narrower, Part
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays


class Choices(msgspec.Struct, frozen=True):
    """Names in the order in which they are offered."""

    stores: list[str]
    categories: list[str]


class Filters:
    """Answers to the page; nothing is kept that another process would need."""

    def __init__(self, model: Model, days: StoreDays, narrower: Narrower) -> None:
        self._model = model
        self._days = days
        self._narrower = narrower

    def choices(self) -> Choices:
        """What the feeds name; if they do not name every store, the archive does.

        Raises ArchiveAwayError.
        """
        stores, categories, complete = self._model.named()
        every = stores if complete else self._narrower.stores()
        return Choices(sorted(every, key=_as_read), sorted(categories))

    def part(self, store: str, category: str) -> Narrowed:
        """The day's figures of a store, a category or both; raises ArchiveAwayError."""
        today = self._days.of(store)
        return self._narrower.narrowed(Part(today.day, store, category), today)


def _as_read(name: str) -> tuple[int, int, str]:
    """Numbers by their size, before the other names."""
    return (0, int(name), "") if name.isdecimal() else (1, 0, name.casefold())
