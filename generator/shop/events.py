"""Seeded events of an online shop, in the shape of a public data set (2019-Oct.csv).

Many views and few purchases, sessions of a few events that are interleaved, a few products that
everybody looks at, prices over three orders of magnitude, empty categories and brands.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from generator.hashes import Hashes, mixed, uuids

#: The columns, in the order of the file.
NAMES = (
    *("event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price"),
    *("user_id", "user_session"),
)
#: Events that are made at a time. Another number makes other events of the same seed.
CHUNK = 65_536

#: 2019-10-01 00:00:00 UTC, Unix seconds.
_START = 1_569_888_000
#: Events of a day: a month of 31 days has 42.4 million.
_DAY_EVENTS = 1_369_315
#: How busy the hours of a day are, by the hour in UTC.
HOURS = (2, 2, 5, 9, 12, 14, 15, 15, 15, 14, 14, 14, 15, 16, 18, 20, 20, 18, 13, 8, 5, 3, 3, 2)
_TYPES = pa.array(["view", "cart", "purchase"])
_SHARES = (0.9607, 0.0216, 0.0177)
_PRODUCTS, _CATEGORIES, _BRANDS = 160_000, 620, 3_400
_USERS = 6_000_000
#: Events of a session, and over how many events of all sessions they are spread.
_SESSION_EVENTS, _SPREAD = 5, 9_000

Integers = npt.NDArray[np.int64]


def batches(rows: int, seed: int) -> Iterator[pa.RecordBatch]:
    """`rows` events ordered by time, texts as in the file; prices are texts too, `12.50`."""
    for first, batch in zip(range(0, rows, CHUNK), endless(seed), strict=False):
        yield batch.slice(0, rows - first)


def endless(seed: int) -> Iterator[pa.RecordBatch]:
    """The same events, CHUNK of them at a time, and on without an end."""
    shop = _Shop(seed)
    for first in count(0, CHUNK):
        yield shop.events(first)


class _Shop:
    """The products, and what happens from the event of a number on."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        draws = np.random.default_rng([seed, 0])
        weights = np.array([*HOURS, HOURS[0]], float)
        busy = np.concatenate([[0.0], np.cumsum((weights[1:] + weights[:-1]) / 2)])
        self._busy = busy / busy[-1]
        cents = np.clip(np.exp(draws.normal(5.2, 1.1, _PRODUCTS)) * 100, 77, 257_407)
        self._prices = _prices(cents.astype(np.int64))
        # A few products get most of the looks; the ids of the popular ones are anywhere.
        self._ids = 1_000_000 + draws.permutation(_PRODUCTS) * 373
        self._category = draws.integers(0, _CATEGORIES, _PRODUCTS)
        self._brand = draws.integers(0, _BRANDS, _PRODUCTS)
        self._categories = 2_053_013_552_326_770_905 + np.arange(_CATEGORIES) * 8_388_608
        self._codes = pa.array([_code(number) for number in range(_CATEGORIES)])
        self._brands = pa.array([f"brand{n}" if n % 7 else None for n in range(_BRANDS)])

    def events(self, first: int) -> pa.RecordBatch:
        """The CHUNK events from the number `first` on."""
        draws = np.random.default_rng([self._seed, 1, first])
        numbers = first + np.arange(CHUNK)
        kinds = draws.choice(np.arange(3, dtype=np.int8), CHUNK, p=_SHARES)
        sessions = (numbers + draws.integers(0, _SPREAD, CHUNK)) // _SESSION_EVENTS
        marks = mixed(sessions.astype(np.uint64) + np.uint64(self._seed) * np.uint64(1 << 40))
        # What a session is after is bought; it looks at other products, too.
        wanted = _popular((marks >> np.uint64(11)).astype(float) / 2**53)
        strays = (kinds == 0) & (draws.random(CHUNK) < 0.5)
        product = np.where(strays, _popular(draws.random(CHUNK)), wanted)
        category = self._category[product]
        return pa.record_batch(
            [
                self._times(numbers),
                _TYPES.take(pa.array(kinds)),
                pa.array(self._ids[product]),
                pa.array(self._categories[category]),
                self._codes.take(pa.array(category)),
                self._brands.take(pa.array(self._brand[product])),
                self._prices.take(pa.array(product)),
                pa.array(512_000_000 + (marks % np.uint64(_USERS)).astype(np.int64)),
                _uuids(sessions, marks),
            ],
            NAMES,
        )

    def _times(self, numbers: Integers) -> pa.Array:
        day, of_day = np.divmod(numbers, _DAY_EVENTS)
        hours = np.interp(of_day / _DAY_EVENTS, self._busy, np.arange(len(self._busy)))
        seconds = _START + day * 86_400 + (hours * 3_600).astype(np.int64)
        # Many events have the same second: each is written once.
        different, places = np.unique(seconds, return_inverse=True)
        moments = pa.array(different).cast(pa.timestamp("s", "UTC"))
        return pc.strftime(moments, "%Y-%m-%d %H:%M:%S UTC").take(pa.array(places))


def _popular(share: npt.NDArray[np.float64]) -> Integers:
    """Products by a share of the looks, from 0 to 1: a Pareto distribution."""
    rank = ((1 - share) ** (-1 / 1.1) - 1) * 50
    return np.minimum(rank, _PRODUCTS - 1).astype(np.int64)


def _prices(cents: Integers) -> pa.Array:
    return pa.array([f"{one // 100}.{one % 100:02d}" for one in cents.tolist()])


def _code(category: int) -> str | None:
    if category % 3 == 0:
        return None
    return f"department{category // 60}.group{category // 12}.kind{category}"


def _uuids(sessions: Integers, marks: Hashes) -> pa.Array:
    """A UUID for each session, the same one in all of its events."""
    _, firsts, places = np.unique(sessions, return_index=True, return_inverse=True)
    return uuids(marks[firsts]).take(pa.array(places))
