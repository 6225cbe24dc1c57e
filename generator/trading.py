"""When which store of a STORES_FILE sells how much, and what it has run out of; all by the seed."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, count
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from generator.catalogue import Product, products_of
from generator.chain import SIZE_EXPONENT, STAFF_PER_TILL, Chain, Till
from generator.issued_receipt import SoldLine
from generator.shopping_trips import weights
from tillstream.errors import TillstreamError
from tillstream.opening_hours import OpeningHours
from tillstream.stores import StoreTable

#: The largest store is at most this many times the smallest: no store of a chain is a kiosk.
SIZE_LIMIT = 6.0
#: How the peaks of a store differ: hour of the wall clock, and hours that it is wide.
PEAKS = ((8.0, 1.5), (12.5, 1.2), (18.0, 1.5))
#: Shoppers between them, of those at a peak.
BETWEEN_PEAKS = 0.3
#: Of so many stores one stays shut on a day, unannounced; another one each day.
SHUT_ONE_OF = 40
#: Days of the wave by which products and stores sell more and less.
WAVE_DAYS = 56
#: So much of a product's shoppers, twice, leave it between the best day of its wave and the worst.
WAVE_SHARE = 0.2
#: What is baked in the morning may be sold out in the afternoon, in this share of the stores.
SOLD_OUT_SHARE = 0.3
#: Store numbers have their places in a file of counters.
MAX_STORE = 100_000
DAY_MINUTES = 24 * 60
#: How many come at each of PEAKS, by the minute of the wall clock.
BELLS: npt.NDArray[np.float64] = np.array(
    [np.exp(-(((np.arange(DAY_MINUTES) / 60 - at) / width) ** 2) / 2) for at, width in PEAKS]
)
#: Of so many days each zone's shoppers are kept.
DAYS_KEPT = 2


class NoOpenStoreError(TillstreamError):
    """A receipt was asked for at a time at which no store is open."""


class _Shape(NamedTuple):
    """What a store's shoppers are like."""

    size: float
    peaks: tuple[float, ...]
    weekend: float
    phase: float


class TradingChain:
    """The stores of a table as they sell by their own clocks. Times are Unix seconds."""

    def __init__(self, seed: int, table: StoreTable, tills: int) -> None:
        """`table` has at least one store; each has `tills` tills."""
        self._seed = seed
        self._table = table
        self._stores = list(table.stores.values())
        self._tills = tills
        self._shapes = [self._shape(each.store) for each in self._stores]
        #: Ids by the numbers that the tills have their stores by.
        self._ids = _numbered([each.store for each in self._stores])
        self._members = [
            Till(store, number, STAFF_PER_TILL * tills)
            for store in self._ids
            for number in range(1, tills + 1)
        ]
        self._zones = {each: table.calendar(store).zone for each, store in self._ids.items()}
        #: Places of stores by the zone of their clock.
        self._places: dict[ZoneInfo, list[int]] = {}
        for place, zone in enumerate(self._zones.values()):
            self._places.setdefault(zone, []).append(place)
        #: Shoppers by minute of the wall clock and place of the store, of one day of a zone.
        self._by_minute = lru_cache(maxsize=DAYS_KEPT * len(self._places))(self._shoppers_of)
        self._slot_chain: tuple[int, Chain] = (-1, Chain((), ()))
        self._sold_out: dict[int, dict[str, float]] = {}
        self._day = date.min
        fresh = [*products_of("D"), *products_of("E"), *products_of("H")]
        self._fresh = fresh
        moving = Random(f"{seed}/products").sample(fresh, 8)
        #: By product code: where on its wave it is.
        self._waves = {each.code: place / 8 for place, each in enumerate(moving)}

    @property
    def last_store(self) -> int:
        """The highest number of a store."""
        return max(till.store for till in self._members)

    def chain_at(self, now: float) -> Chain:
        """Every till, at the same place each time, and the sums of the shares that they have now.

        Opening hours are of whole minutes: within one the answer stays. Raises NoOpenStoreError.
        """
        minute = int(now // 60)
        if self._slot_chain[0] != minute:
            shares = [
                shoppers / number
                for shoppers in self._by_store(minute * 60.0)
                for number in range(1, self._tills + 1)
            ]
            self._slot_chain = (minute, Chain(self._members, tuple(accumulate(shares))))
        chain = self._slot_chain[1]
        if not chain.cumulative[-1]:
            at = datetime.fromtimestamp(now, self._table.default.zone)
            raise NoOpenStoreError(
                f"no store of STORES_FILE is open at {at:%Y-%m-%d %H:%M}; give another --start"
            )
        return chain

    def zone(self, store: int) -> ZoneInfo:
        """The zone of a store's clock."""
        return self._zones[store]

    def store_id(self, store: int) -> int | str:
        """The id of a store as its receipts have it."""
        name = self._ids[store]
        return int(name) if _is_number(name) else name

    def shoppers(self, now: float) -> float:
        """How many come to all stores, in no unit."""
        return sum(self._by_store(now))

    def _by_store(self, now: float) -> list[float]:
        found = [0.0] * len(self._stores)
        for zone, places in self._places.items():
            wall = datetime.fromtimestamp(now, zone)
            minute = self._by_minute(zone, wall.date())[wall.hour * 60 + wall.minute]
            for place, shoppers in zip(places, minute.tolist(), strict=True):
                found[place] = shoppers
        return found

    def _shoppers_of(self, zone: ZoneInfo, day: date) -> npt.NDArray[np.float64]:
        trips = np.repeat([_trips(day.weekday(), tenth) for tenth in range(24 * 6)], 10)
        shut = _shut(self._seed, day, tuple(each.store for each in self._stores))
        columns = [
            np.zeros(DAY_MINUTES)
            if self._stores[place].store in shut
            else trips * self._column(place, day)
            for place in self._places[zone]
        ]
        return np.stack(columns, axis=1)

    def _column(self, place: int, day: date) -> npt.NDArray[np.float64]:
        """How many a store draws by the minute of its wall clock, beside the trips of everybody."""
        shape, opening = self._shapes[place], self._stores[place].opening
        weekend = shape.weekend if day.weekday() >= 5 else 1.0
        trend = 1 + 0.12 * _wave(day, shape.phase)
        peaks: npt.NDArray[np.float64] = BETWEEN_PEAKS + np.array(shape.peaks) @ BELLS
        shoppers = peaks * (shape.size * weekend * trend)
        return shoppers if opening is None else shoppers * _is_open(opening, day.weekday())

    def refuses(self, lines: Sequence[SoldLine], store: int, now: float, luck: float) -> bool:
        """Whether a sale cannot be: a product is sold out there, or is not in favour just now."""
        day = datetime.fromtimestamp(now, self._zones[store])
        if day.date() != self._day:
            self._day = day.date()
            self._sold_out.clear()
        gone = self._sold_out.get(store)
        if gone is None:
            gone = self._sold_out[store] = self._sold_out_today(store)
        hour = day.hour + day.minute / 60
        for line in lines:
            code = getattr(line, "product", _NOTHING).code
            if gone and hour >= gone.get(code, 24.0):
                return True
            phase = self._waves.get(code)
            if phase is not None and luck > 1 - WAVE_SHARE * (1 - _wave(self._day, phase)):
                return True
        return False

    def _sold_out_today(self, store: int) -> dict[str, float]:
        random = Random(f"{self._seed}/sold out/{store}/{self._day}")
        if random.random() >= SOLD_OUT_SHARE:
            return {}
        product: Product = random.choice(self._fresh)
        return {product.code: random.uniform(13.5, 16.5)}

    def _shape(self, store: str) -> _Shape:
        random = Random(f"{self._seed}/trading/{store}")
        size = min(random.paretovariate(SIZE_EXPONENT), SIZE_LIMIT)
        peaks = tuple(0.3 + random.random() for _ in PEAKS)
        return _Shape(size, peaks, random.uniform(0.7, 1.6), random.random())


_NOTHING = Product("", "", "E", 0, 0, 0)


def _is_number(store: str) -> bool:
    return store.isascii() and store.isdecimal() and str(int(store)) == store


def _numbered(stores: Sequence[str]) -> dict[int, str]:
    """Ids by number: a whole number is its own, other ids have those after the highest."""
    numbers = {
        store: int(store) for store in stores if _is_number(store) and 1 <= int(store) <= MAX_STORE
    }
    following = count(max(numbers.values(), default=0) + 1)
    return {numbers.get(store) or next(following): store for store in stores}


def _is_open(opening: OpeningHours, weekday: int) -> npt.NDArray[np.float64]:
    """1 in each minute of a weekday in which a store is open, else 0; of the wall clock."""
    minutes = np.zeros(DAY_MINUTES)
    for begins, spans in (
        (0, opening.spans.get(weekday, ())),
        (DAY_MINUTES, opening.spans.get((weekday - 1) % 7, ())),
    ):
        for first, end in spans:
            minutes[max(first - begins, 0) : max(end - begins, 0)] = 1.0
    return minutes


def _wave(day: date, phase: float) -> float:
    """From -1 to 1 and back within WAVE_DAYS."""
    return math.cos(2 * math.pi * (day.toordinal() / WAVE_DAYS + phase))


@lru_cache(maxsize=7 * 24 * 6)
def _trips(weekday: int, tenth: int) -> float:
    return sum(weights(weekday, tenth / 6))


@lru_cache(maxsize=64)
def _shut(seed: int, day: date, stores: tuple[str, ...]) -> frozenset[str]:
    random = Random(f"{seed}/shut/{day}")
    return frozenset(random.sample(stores, len(stores) // SHUT_ONE_OF))
