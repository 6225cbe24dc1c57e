"""When which store of a STORES_FILE sells how much, and what it has run out of; all by the seed."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from generator.catalogue import Product, products_of
from generator.chain import SIZE_EXPONENT, STAFF_PER_TILL, Chain, Till
from generator.issued_receipt import SoldLine
from generator.shopping_trips import weights
from tillstream.errors import SettingsError, TillstreamError
from tillstream.stores import Store, StoreTable

#: The largest store is at most this many times the smallest: no store of a chain is a kiosk.
SIZE_LIMIT = 6.0
#: How the peaks of a store differ: hour of the wall clock, and hours that it is wide.
PEAKS = ((8.0, 1.5), (12.5, 1.2), (18.0, 1.5))
#: Of so many stores one stays shut on a day, unannounced; another one each day.
SHUT_ONE_OF = 40
#: Days of the wave by which products and stores sell more and less.
WAVE_DAYS = 56
#: What is baked in the morning may be sold out in the afternoon, in this share of the stores.
SOLD_OUT_SHARE = 0.3
#: Store numbers have their places in a file of counters.
MAX_STORE = 100_000


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
        """Raises SettingsError for a table without stores, or with ids that are no numbers."""
        wrong = [each for each in table.stores if not _is_number(each)]
        if wrong or not table.stores:
            said = f"{wrong[0]!r} is no number from 1 to {MAX_STORE}" if wrong else "it names none"
            raise SettingsError([f"STORES_FILE: the generator sells in numbered stores; {said}"])
        self._seed = seed
        self._table = table
        self._stores = list(table.stores.values())
        self._tills = tills
        self._shapes = [self._shape(each.store) for each in self._stores]
        self._members = [
            Till(int(each.store), number, STAFF_PER_TILL * tills)
            for each in self._stores
            for number in range(1, tills + 1)
        ]
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
        return self._table.calendar(store).zone

    def shoppers(self, now: float) -> float:
        """How many come to all stores, in no unit."""
        return sum(self._by_store(now))

    def _by_store(self, now: float) -> list[float]:
        pairs = zip(self._stores, self._shapes, strict=True)
        return [self._at(store, shape, now) for store, shape in pairs]

    def _at(self, store: Store, shape: _Shape, now: float) -> float:
        wall = datetime.fromtimestamp(now, self._table.calendar(store.store).zone)
        if store.opening is not None and not store.opening.is_open(wall):
            return 0.0
        if store.store in self._shut(wall.date()):
            return 0.0
        hour = wall.hour + wall.minute / 60
        bells = sum(
            height * math.exp(-(((hour - at) / width) ** 2) / 2)
            for (at, width), height in zip(PEAKS, shape.peaks, strict=True)
        )
        weekend = shape.weekend if wall.weekday() >= 5 else 1.0
        trend = 1 + 0.12 * _wave(wall.date(), shape.phase)
        return shape.size * weekend * trend * _shoppers(wall.weekday(), int(hour * 6)) * bells

    def refuses(self, lines: Sequence[SoldLine], store: int, now: float, luck: float) -> bool:
        """Whether a sale cannot be: a product is sold out there, or is not in favour just now."""
        day = datetime.fromtimestamp(now, self._table.calendar(store).zone)
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
            if phase is not None and luck > 0.6 + 0.4 * _wave(self._day, phase):
                return True
        return False

    def _sold_out_today(self, store: int) -> dict[str, float]:
        random = Random(f"{self._seed}/sold out/{store}/{self._day}")
        if random.random() >= SOLD_OUT_SHARE:
            return {}
        product: Product = random.choice(self._fresh)
        return {product.code: random.uniform(13.5, 16.5)}

    def _shut(self, day: date) -> frozenset[str]:
        return _shut(self._seed, day, tuple(each.store for each in self._stores))

    def _shape(self, store: str) -> _Shape:
        random = Random(f"{self._seed}/trading/{store}")
        size = min(random.paretovariate(SIZE_EXPONENT), SIZE_LIMIT)
        peaks = tuple(0.3 + random.random() for _ in PEAKS)
        return _Shape(size, peaks, random.uniform(0.7, 1.6), random.random())


_NOTHING = Product("", "", "E", 0, 0, 0)


def _is_number(store: str) -> bool:
    return (
        store.isascii()
        and store.isdecimal()
        and str(int(store)) == store
        and (1 <= int(store) <= MAX_STORE)
    )


def _wave(day: date, phase: float) -> float:
    """From -1 to 1 and back within WAVE_DAYS."""
    return math.cos(2 * math.pi * (day.toordinal() / WAVE_DAYS + phase))


@lru_cache(maxsize=7 * 24 * 6)
def _shoppers(weekday: int, tenth: int) -> float:
    return sum(weights(weekday, tenth / 6))


@lru_cache(maxsize=64)
def _shut(seed: int, day: date, stores: tuple[str, ...]) -> frozenset[str]:
    random = Random(f"{seed}/shut/{day}")
    return frozenset(random.sample(stores, len(stores) // SHUT_ONE_OF))
