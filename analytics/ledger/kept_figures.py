"""The figures of days and stores as they are counted, in bounded memory above the ledger's file.

A commit writes what it adds to a journal, and keeps it as it is; now and then all of that is added
to the days of stores at once, the bodies that changed are written, and the journal is emptied with
them (docs/decisions/0025-kept-figures.md).
"""

from collections import OrderedDict
from collections.abc import Iterable

from analytics.counting.figure_folds import HOURS, fold
from analytics.counting.figure_merge import merged
from analytics.counting.figure_sums import FigureSums
from analytics.counting.store_day import LIMITS, Limits, StoreDay
from analytics.ledger.figures_journal import Added, FiguresJournal
from analytics.ledger.store_days import WHOLE, Place, StoreDays, Written, joined
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import StoreFigures, decode_store, encode

#: Figures that are held decoded, some 300 bytes each: a day of 1,000 stores, more or less.
MOST_CELLS = 300_000
#: Rows of sums that wait to be added to the days, some 60 bytes each; a batch takes memory as
#: _ROWS_OF_BATCH rows do, however few it has.
MOST_ROWS = 150_000
_ROWS_OF_BATCH = 50
#: Days of stores of which it is remembered that no figure is too large.
MOST_CHECKED = 100_000


class KeptFigures:
    """What the ledger has, and what was added to it since the last `write`.

    A day of a store that is not held is read when something is added to it.
    """

    def __init__(
        self,
        rows: StoreDays,
        journal: FiguresJournal | None = None,
        most_cells: int = MOST_CELLS,
        limits: Limits = LIMITS,
    ) -> None:
        """Without a journal nothing is kept before `write`."""
        self._rows = rows
        self._journal = journal
        self._most_cells = most_cells
        self._limits = limits
        #: The one that was used last at the end.
        self._held: OrderedDict[Place, StoreDay] = OrderedDict()
        self._changed: set[Place] = set()
        self._cells = 0
        #: What was added and is in no journal yet.
        self._added: list[Added] = []
        #: What waits to be added to the days, its rows, and what all of it comes to without signs.
        self._waiting: list[FigureSums] = []
        self._rows_waiting = 0
        self._most_waiting = 0
        #: Of these no bound is above `_highest`. Of a chain's hours (day, "", hour).
        self._checked: set[tuple[CurrencyDay, str] | Place] = set()
        self._highest = 0
        for added in journal.read() if journal else ():
            self._wait(*added)

    def has_room(self, sums: FigureSums, most: int, limit: int) -> bool:
        """Whether no figure can exceed `limit`; `most` is what the sums come to without signs."""
        self._check(sums)
        if self._highest + self._most_waiting + most <= limit:
            return True
        self._settle()
        for place in self._places(sums):
            day = self._day(place)
            if day.bound + most > limit:
                day.tighten()
                if day.bound + most > limit:
                    return False
        self._checked.clear()
        self._highest = 0
        return True

    def add(self, sums: FigureSums, most: int) -> None:
        """Add the sums of a batch; `most` as above."""
        if len(sums.hours):
            self._wait(sums, most)
            if self._journal:
                self._added.append(Added(sums, most))

    def _check(self, sums: FigureSums) -> None:
        """Have all places of the sums among the checked ones."""
        if not self._checked.issuperset(sums.places):
            self._check_each((*place, WHOLE) for place in sums.places)
            self._checked.update(sums.places)
        hours = _chain_hours(sums)
        if not self._checked.issuperset(hours):
            self._check_each(hours)
            self._checked.update(hours)

    def _check_each(self, places: Iterable[Place]) -> None:
        if len(self._checked) > MOST_CHECKED:
            self._checked.clear()
        for place in places:
            held = self._held.get(place)
            bound = self._rows.bound(place) if held is None else held.bound
            self._highest = max(self._highest, bound)

    def _wait(self, sums: FigureSums, most: int) -> None:
        self._waiting.append(sums)
        self._rows_waiting += _ROWS_OF_BATCH + len(sums.categories) + len(sums.products)
        self._most_waiting += most
        if self._rows_waiting > MOST_ROWS:
            self._settle()

    def _settle(self) -> None:
        """Add what waits to the days."""
        if self._waiting:
            self._add(merged(self._waiting), self._most_waiting)
            self._waiting.clear()
            self._rows_waiting = self._most_waiting = 0

    def _add(self, sums: FigureSums, most: int) -> None:
        days = {place: self._day(place) for place in self._places(sums)}
        before = sum(day.cells for day in days.values())
        # Places that only have receipts that were left out are not held, nor added to.
        nowhere = StoreDay()
        fold(
            [days.get((*place, WHOLE), nowhere) for place in sums.places],
            lambda place, hour: days[*sums.places[place], hour],
            sums,
        )
        self._cells += sum(day.cells for day in days.values()) - before
        for day in days.values():
            day.bound += most
            self._highest = max(self._highest, day.bound)
        self._changed.update(days)

    def note(self) -> None:
        """Leave what was added to the journal, in the ledger's transaction.

        What is too much to be held is written as `write` does.
        """
        if self._journal is None or self.is_large:
            self.write()
        elif self._added:
            self._journal.append(self._added)
            self._added.clear()

    @property
    def waits(self) -> bool:
        """Whether the bodies of the ledger are not yet what was added."""
        return bool(self._changed or self._waiting)

    def write(self) -> None:
        """Leave what changed to the ledger, in its transaction, and nothing to the journal."""
        self._settle()
        self._added.clear()
        if self._changed:
            self._rows.write(
                Written(place, encode(self._held[place].figures), self._held[place].bound)
                for place in sorted(self._changed)
            )
            self._changed.clear()
            if self._journal:
                self._journal.clear()

    def stores(self, day: CurrencyDay) -> list[str]:
        """The stores with figures of a day, the chain ("") first."""
        self._settle()
        changed = {store for changed_day, store, _ in self._changed if changed_day == day}
        return sorted(changed.union(self._rows.stores(day)))

    def figures(self, day: CurrencyDay, store: str) -> StoreFigures | None:
        """All of a store's day: the bodies and what was added since."""
        self._settle()
        parts = {part: decode_store(body) for part, body, _ in self._rows.parts(day, store)}
        for part in (WHOLE, *HOURS):
            if (place := (day, store, part)) in self._changed:
                parts[part] = self._held[place].figures
        return joined(parts)

    @property
    def is_large(self) -> bool:
        """Whether more is held than need be."""
        return self._cells > self._most_cells

    def bound_memory(self) -> None:
        """Leave what was not used lately to the ledger, once all of it is written."""
        while self.is_large and self._held and not self._changed:
            _, gone = self._held.popitem(last=False)
            self._cells -= gone.cells

    def _places(self, sums: FigureSums) -> list[Place]:
        # Sets are cheaper than numpy's `unique` of a few rows.
        stores = {sums.places[place] for place in set(sums.hours[:, 0].tolist())}
        chains = {(day, "", WHOLE) for day, _ in stores}
        whole = chains.union((*place, WHOLE) for place in stores)
        return sorted(whole.union(_chain_hours(sums)))

    def _day(self, place: Place) -> StoreDay:
        day = self._held.get(place)
        if day is None:
            kept = self._rows.read(place)
            day = StoreDay(limits=self._limits)
            if kept is not None:
                day = StoreDay(decode_store(kept[0]), kept[1], self._limits)
            self._held[place] = day
            self._cells += day.cells
        self._held.move_to_end(place)
        return day


def _chain_hours(sums: FigureSums) -> set[Place]:
    """The hours of chains that have products."""
    rows = sums.product_hours
    hours = set(zip(rows[:, 0].tolist(), rows[:, 1].tolist(), strict=True))
    return {(*sums.places[place], HOURS[hour]) for place, hour in hours}
