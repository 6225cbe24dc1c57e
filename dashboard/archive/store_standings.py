"""Every store of the chain beside its usual, from the kept figures, for all who look at it."""

import math
import threading
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from dashboard.archive.connection import ArchiveAwayError, answering
from dashboard.state.store_standing import (
    NOTHING,
    Moment,
    Sold,
    Standing,
    Usual,
    moment,
    standing,
    usual_of,
)
from tillstream.clock import BusinessDay, Clock
from tillstream.day_figures import HourFigures
from tillstream.figures_reader import FiguresReader
from tillstream.store_hours import StoreHours
from tillstream.stores import StoreTable
from tillstream.usual import usual_days

#: So long an answer is the same for all, seconds.
SHARED_SECONDS = 2.0
#: Days that are over change seldom, by receipts that come late: they are read again after so long.
PAST_SECONDS = 3600.0


class StandingsAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The stores that changed since the answer that is known, else all; money in cents."""

    #: What to ask on from.
    known: str
    #: Whether these are all stores.
    whole: bool
    read_at: float
    #: Of the chain's calendar.
    zone: str
    rows: list[Standing]


class _KeptHours(msgspec.Struct, array_like=True):
    """Of `StoreFigures` what is needed here: the rest is passed over, a third of the time."""

    hours: dict[str, HourFigures] = {}
    categories: msgspec.Raw = msgspec.Raw()
    products: dict[str, "_KeptSale"] = {}


class _KeptSale(msgspec.Struct, array_like=True):
    receipts: int
    units_milli: int
    gross_minor: int
    net_minor: int
    last: float = 0.0


_decode = msgspec.msgpack.Decoder(_KeptHours).decode


class _HeldDay(NamedTuple):
    written: dict[str, datetime]
    sold: dict[str, Sold]
    #: Stores that sold in a currency that is not the main one.
    elsewhere: set[str]
    read_at: float


class StoreStandings:
    """Reads what changed, at most once in SHARED_SECONDS. Safe to call from several threads."""

    def __init__(
        self, reader: FiguresReader, table: StoreTable, clock: Clock, only_selling: bool = False
    ) -> None:
        """`only_selling`: no store that neither sells today nor did on its usual days."""
        self._named = frozenset() if only_selling else frozenset(table.stores)
        self._reader = reader
        self._table = table
        self._hours = StoreHours(table)
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, _HeldDay] = {}
        self._usual: dict[str, tuple[tuple[object, ...], Usual]] = {}
        self._asked_at = self._read_at = -math.inf
        self._problem: str | None = None
        self._rows: dict[str, tuple[Standing, int]] = {}
        #: Grows with each change; of another process or list of stores another `_run`.
        self._change = 0
        self._run = 0

    def answer(self, known: str) -> StandingsAnswer | None:
        """What is new since the answer `known`, None where nothing is; raises ArchiveAwayError."""
        with self._lock:
            now = self._clock()
            if not 0 <= now - self._asked_at < SHARED_SECONDS:
                self._problem = None
                try:
                    with answering():
                        self._take(self._all(now), now)
                except ArchiveAwayError as error:
                    self._problem = str(error)
                # After a long wait too: who waited meanwhile gets this answer, or this problem.
                self._asked_at = self._clock() if self._problem else now
            if self._problem is not None:
                raise ArchiveAwayError(self._problem)
            since = self._since(known)
            if since == self._change:
                return None
            return StandingsAnswer(
                known=f"{self._run}-{self._change}",
                whole=since == 0,
                read_at=self._read_at,
                zone=self._table.default.zone.key,
                rows=[row for row, change in self._rows.values() if change > since],
            )

    def _since(self, known: str) -> int:
        run, _, change = known.partition("-")
        if run != str(self._run) or not (change.isascii() and change.isdecimal()):
            return 0
        return int(change) if int(change) <= self._change else 0

    def _take(self, found: list[Standing], now: float) -> None:
        new = self._run == 0 or bool(self._rows.keys() - {each.store for each in found})
        if new:
            # A store that is gone, as at the turn of the day: every page takes all anew.
            self._run, self._rows = int(now * 1000), {}
        changed = {each.store for each in found if self._rows.get(each.store, (None,))[0] != each}
        self._change += bool(changed or new)
        self._rows = {
            each.store: (each, self._change if each.store in changed else self._rows[each.store][1])
            for each in found
        }
        self._read_at = now

    def _all(self, now: float) -> list[Standing]:
        """Every store of the table, and every other that sold today or on its usual days."""
        # Stores of one zone and cutoff have one calendar, each by its own row of the table.
        calendars = (self._table.default, *self._table.exceptions.values())
        groups: dict[date, dict[tuple[str, int], Moment]] = {}
        for key, calendar in {_key(each): each for each in calendars}.items():
            at = moment(calendar, now)
            groups.setdefault(at.day, {})[key] = at
        before = {day: usual_days(day) for day in groups}
        needed = {each for day in groups for each in (day.isoformat(), *before[day])}
        self._held = {day: held for day, held in self._held.items() if day in needed}
        found: list[Standing] = []
        for day, moments in groups.items():
            present = self._day(day.isoformat(), now, 0)
            past = [self._day(each, now, PAST_SECONDS) for each in before[day]]
            today = present.sold
            # A store sells in its own currency: it is not at zero in the others.
            named = self._named.difference(*(each.elsewhere for each in (present, *past)))
            names = {*today, *named}.union(*(each.sold for each in past))
            for name in names:
                # Of a store that has another day now, its own group says it.
                if (then := moments.get(_key(self._table.calendar(name)))) is not None:
                    usual = self._usual_of(name, then, past)
                    sold = today.get(name, NOTHING)
                    opened = self._hours.opened(name, now)
                    found.append(standing(self._table.store(name), then, opened, sold, usual))
        return found

    def _usual_of(self, store: str, at: Moment, past: list[_HeldDay]) -> Usual:
        basis = (at.day, at.over, tuple(each.read_at for each in past))
        held = self._usual.get(store)
        if held is None or held[0] != basis:
            days = [each.sold[store].hours for each in past if store in each.sold]
            held = self._usual[store] = basis, usual_of(days, at.over)
        return held[1]

    def _day(self, day: str, now: float, seconds: float) -> _HeldDay:
        held = self._held.get(day)
        if held is not None and 0 <= now - held.read_at < seconds:
            return held
        known = held.written if held else {}
        changed = self._reader.changed(day, self._reader.selling(day), known)
        written = {store: at for store, at in known.items() if store not in changed.gone}
        sold = dict(held.sold) if held else {}
        for store in changed.gone:
            sold.pop(store, None)
        for store, (at, body) in changed.written.items():
            written[store], sold[store] = at, _sold(body)
        # A page of another currency names no store for having sold nothing.
        elsewhere = self._reader.selling_elsewhere(day) if self._named else set()
        found = self._held[day] = _HeldDay(written, sold, elsewhere, now)
        return found


def _key(calendar: BusinessDay) -> tuple[str, int]:
    return calendar.zone.key, calendar.cutoff_hour


def _sold(body: bytes) -> Sold:
    kept = _decode(body)
    return Sold(kept.hours, max((each.last for each in kept.products.values()), default=0) or None)
