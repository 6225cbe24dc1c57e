"""The figures of days and stores as they are counted, in bounded memory above the ledger's file."""

from collections import OrderedDict

import numpy as np

from analytics.counting.figure_folds import HOURS, fold
from analytics.counting.figure_sums import FigureSums
from analytics.counting.store_day import LIMITS, Limits, StoreDay
from analytics.ledger.store_days import WHOLE, Place, StoreDays, Written
from tillstream.day_figures import decode_store, encode

#: Figures that are held decoded, some 300 bytes each: a day of 1,000 stores, more or less.
MOST_CELLS = 300_000


class KeptFigures:
    """What the ledger has, and what was added to it since the last `write`.

    A day of a store that is not held is read when something is added to it.
    """

    def __init__(
        self, rows: StoreDays, most_cells: int = MOST_CELLS, limits: Limits = LIMITS
    ) -> None:
        self._rows = rows
        self._most_cells = most_cells
        self._limits = limits
        #: The one that was used last at the end.
        self._held: OrderedDict[Place, StoreDay] = OrderedDict()
        self._changed: set[Place] = set()
        self._cells = 0

    def has_room(self, sums: FigureSums, most: int, limit: int) -> bool:
        """Whether no figure can exceed `limit`; `most` is what the sums come to without signs."""
        for place in self._places(sums):
            day = self._day(place)
            if day.bound + most > limit:
                day.tighten()
                if day.bound + most > limit:
                    return False
        return True

    def add(self, sums: FigureSums, most: int) -> None:
        """Add the sums of a batch; `most` as above."""
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
        self._changed.update(days)

    def write(self) -> None:
        """Leave what changed to the ledger, in its transaction."""
        if self._changed:
            self._rows.write(
                Written(place, encode(self._held[place].figures), self._held[place].bound)
                for place in sorted(self._changed)
            )
            self._changed.clear()

    @property
    def is_large(self) -> bool:
        """Whether more is held than need be."""
        return self._cells > self._most_cells

    def bound_memory(self) -> None:
        """Leave what was not used lately to the ledger; after `write`."""
        while self.is_large and self._held:
            _, gone = self._held.popitem(last=False)
            self._cells -= gone.cells

    def _places(self, sums: FigureSums) -> list[Place]:
        whole = [(*sums.places[place], WHOLE) for place in np.unique(sums.hours[:, 0]).tolist()]
        hours = np.unique(sums.product_hours[:, :2], axis=0).tolist()
        return [*whole, *((*sums.places[place], HOURS[hour]) for place, hour in hours)]

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
