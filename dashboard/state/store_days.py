"""Which business day a store has now, and in which zone: the chain's, or its own."""

from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.state.model import Model
from tillstream.clock import Clock
from tillstream.stores import StoreTable


class Today(NamedTuple):
    """A business day, `YYYY-MM-DD`, when it starts (Unix seconds), and its zone."""

    day: str
    starts: float
    zone: ZoneInfo


class StoreDays:
    """Stores of `STORES_FILE` keep calendars of their own; the others turn with the feeds."""

    def __init__(self, table: StoreTable, model: Model, clock: Clock) -> None:
        self.table = table
        self._model = model
        self._clock = clock

    def of(self, store: str) -> Today:
        """The day of a store; of the chain for the empty name."""
        calendar = self.table.calendar(store)
        day = (
            date.fromisoformat(self._model.day)
            if calendar is self.table.default
            else calendar.on(self._clock())
        )
        return Today(day.isoformat(), calendar.starts(day).timestamp(), calendar.zone)
