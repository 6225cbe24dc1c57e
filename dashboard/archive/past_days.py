"""Reads the hours of earlier days, which the day is compared with: what has changed, once."""

import threading
from datetime import date

import structlog
from pymongo.errors import PyMongoError

from dashboard.state.comparisons import wanted_days
from dashboard.state.model import Model
from tillstream.figures_reader import FiguresReader

log = structlog.get_logger()

#: How often it is looked whether a day has changed, and the wait after a failure, seconds.
LOOK_SECONDS = 10.0
RETRY_SECONDS = 2.0


class PastDays:
    """For all viewers; an archive that is away is asked again."""

    def __init__(self, figures: FiguresReader, model: Model, stop: threading.Event) -> None:
        self._reader = figures
        self._model = model
        self._stop = stop

    def run(self) -> None:
        """Look until `stop`, and at once when another day begins."""
        read_of, wait = "", 0.0
        while not self._stop.wait(min(wait, 1.0)):
            wait -= 1.0
            if (day := self._model.day) == read_of and wait > 0:
                continue
            try:
                self.read()
                read_of, wait = day, LOOK_SECONDS
            except PyMongoError as error:
                log.warning("earlier days not read, trying again", error=str(error)[:200])
                wait = RETRY_SECONDS

    def read(self) -> None:
        """Raises pymongo's errors."""
        day = date.fromisoformat(self._model.day)
        self._model.take_past(day, self._reader.hours(wanted_days(day)))
