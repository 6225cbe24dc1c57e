"""Reads the windows of the online shop once a second, for all who look at its pages."""

import threading
import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive.online_rows import SummedRows, TooManyRowsError, collection, newest_rows
from dashboard.state.minute_sums import Span
from dashboard.state.online import OnlineAnswer, OnlineState
from dashboard.state.online_panels import MOST_ROWS, Range, Reading, spans
from dashboard.state.online_windows import NEWEST, SUMMED, declared, summed_figures
from dashboard.state.store_days import StoreDays
from dashboard.state.windows_heard import WindowsHeard
from tillstream.archive import Document
from tillstream.clock import BusinessDay, Clock
from tillstream.streams.definition import Definitions

log = structlog.get_logger()

#: From one reading to the next, seconds.
PERIOD_SECONDS = 1.0
#: Nobody who looked so long ago still looks, seconds.
WATCHED_SECONDS = 10.0
#: So often everything is read anew, seconds: rows that were removed go.
ANEW_SECONDS = 300.0
#: Longest wait for MongoDB to be there, and for an answer, ms.
SERVER_TIMEOUT_MS, SOCKET_TIMEOUT_MS = 1_000, 4_000


class Online:
    """One thread that reads, and what it read last; safe to ask from several threads."""

    def __init__(
        self,
        client: MongoClient[Document],
        archive: str,
        definitions: Definitions,
        heard: WindowsHeard,
        days: StoreDays,
        calendar: BusinessDay,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._client = client
        self._archive = archive
        self._windows = declared(definitions)
        self._heard = heard
        self._days = days
        self._calendar = calendar
        self._clock = clock
        self._stop = stop
        self._asked = threading.Event()
        self._asked_at = float("-inf")
        self._state = OnlineState(f"{int(clock() * 1000):x}")
        self._rows: dict[str, SummedRows] = {}
        self._of: tuple[str, float] = ("", 0.0)

    def answer(self, known: str, shown: Range) -> OnlineAnswer | None:
        """What is new to a reader of `known`; None if nothing is. Waits for nothing."""
        self._asked_at = time.monotonic()
        self._asked.set()
        return self._state.answer(known, shown, self._heard.heard(), self._clock())

    def run(self) -> None:
        """Read each second while somebody looks, until `stop`; MongoDB may be away."""
        while not self._stop.is_set():
            if not self._asked.wait(0.5):
                continue
            if time.monotonic() - self._asked_at > WATCHED_SECONDS:
                self._asked.clear()
                continue
            begun = time.monotonic()
            try:
                self._state.take(self._read(self._clock()))
            except PyMongoError as error:
                log.info("no rows: MongoDB is away", error=str(error)[:200])
                self._rows = {}
            self._stop.wait(max(0.05, PERIOD_SECONDS - (time.monotonic() - begun)))

    def _read(self, now: float) -> Reading:
        today = date.fromisoformat(self._days.of("").day)
        anew = (
            not self._rows or self._of[0] != today.isoformat() or now - self._of[1] > ANEW_SECONDS
        )
        problem = ""
        try:
            if not anew:
                anew = not all(each.refresh(now) for each in self._rows.values())
            hour, day = self._load(now, today) if anew else self._move(now, today)
        except TooManyRowsError as error:
            problem = str(error)
            hour, day = spans(None, now, self._calendar, today)
        newest: dict[str, list[list[Any]]] = {}
        some = any(len(each.sums) for each in self._rows.values()) or bool(problem)
        for name, window in self._windows.items():
            if name in NEWEST:
                rows = collection(self._client, self._archive, window)
                newest[name], known = newest_rows(rows, window, NEWEST[name], now, MOST_ROWS)
                some = some or known
        summed = {name: each.sums for name, each in self._rows.items()}
        return Reading(now, hour, day, summed, newest, not some, problem)

    def _load(self, now: float, today: date) -> tuple[Span, Span]:
        rows = {
            name: SummedRows(
                collection(self._client, self._archive, window), window, summed_figures(window)
            )
            for name, window in self._windows.items()
            if name in SUMMED
        }
        starts = [start for each in rows.values() if (start := each.newest(now)) is not None]
        hour, day = spans(max(starts, default=None), now, self._calendar, today)
        ends = self._calendar.starts(today + timedelta(days=1)).timestamp()
        for each in rows.values():
            each.load(_named(hour, day), ends, now)
        self._rows, self._of = rows, (today.isoformat(), now)
        return hour, day

    def _move(self, now: float, today: date) -> tuple[Span, Span]:
        found = [each.sums.newest(now) for each in self._rows.values()]
        starts = [start for start in found if start is not None]
        hour, day = spans(max(starts, default=None), now, self._calendar, today)
        for each in self._rows.values():
            each.sums.move(_named(hour, day))
        return hour, day


def _named(hour: Span, day: Span) -> Mapping[str, Span]:
    return {"hour": hour, "day": day}
