"""Messages of the shop as JSON, a line each, with the names and values of the shop's own."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from generator.hashes import uuids
from generator.online import entities
from generator.online.entities import Entities, Happened, Integers
from generator.pools import GENDERS, Pools

CATEGORIES = ("Electronics", "Books", "Clothing", "Home & Garden")
STATUSES = ("completed", "pending", "canceled")
PAYMENTS = ("credit card", "PayPal", "bank transfer")
TYPES = ("wishlist_addition", "review", "rating")
LEVELS = ("INFO", "WARNING", "ERROR")
MESSAGES = ("Page served", "Cart restored", "Slow answer of the stock", "Payment timed out")

_DAY_US = 86_400_000_000
_STATUS_SHARES = (0.85, 0.1, 0.05)
_LEVEL_SHARES = (0.9, 0.08, 0.02)


class Documents:
    """Makes the lines; who people are and what products cost is by the seed alone."""

    def __init__(self, made: Entities, seed: int, customers: int, products: int) -> None:
        self._made = made
        self._pools = Pools(seed)
        draws = np.random.default_rng([seed, 3])
        self._names, self._mails = self._pools.people(np.arange(customers), draws)
        self._ages = draws.integers(18, 71, customers)
        self._genders = draws.choice(len(GENDERS), customers, p=(0.48, 0.48, 0.04))
        self._homes = draws.integers(0, len(self._pools.cities), customers)
        self._created_days = draws.integers(30, 1_500, customers)
        self._prices = draws.integers(1_000, 50_001, products)
        self._categories = draws.integers(0, len(CATEGORIES), products)
        self._makers = draws.integers(0, len(self._pools.companies), products)
        self._seed = seed
        self._lines: dict[str, Callable[[Happened, np.random.Generator], Iterator[str]]] = {
            entities.CUSTOMERS: self._customers,
            entities.PRODUCTS: self._products,
            entities.TRANSACTIONS: self._transactions,
            entities.VIEWS: self._views,
            entities.INTERACTIONS: self._interactions,
            entities.LOGS: self._logs,
        }

    def lines(self, happened: Mapping[str, Happened]) -> dict[str, bytes]:
        """Whole lines of each stream."""
        texts = {}
        for stream, rows in happened.items():
            draws = np.random.default_rng([self._seed, int(rows.mark[0] >> np.uint64(1))])
            texts[stream] = ("\n".join(self._lines[stream](rows, draws)) + "\n").encode()
        return texts

    def _customers(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        del draws
        who = rows.customer
        created = rows.time // _DAY_US * _DAY_US - self._created_days[who] * _DAY_US
        cities = self._pools.cities
        for id_, number, age, gender, home, made, seen in zip(
            *(uuids(rows.mark).to_pylist(), who.tolist(), self._ages[who].tolist()),
            *(self._genders[who].tolist(), self._homes[who].tolist()),
            *(_times(created), _times(rows.time)),
            strict=True,
        ):
            yield (
                f'{{"customer_id":"{id_}","name":"{self._names[number]}",'
                f'"email":"{self._mails[number]}","location":"{cities[home]}","age":{age},'
                f'"gender":"{GENDERS[gender]}","account_created":"{made}","last_login":"{seen}"}}'
            )

    def _products(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        what, colors, makers = rows.product, self._pools.colors, self._pools.companies
        stock = draws.integers(0, 101, len(what)).tolist()
        rating = draws.integers(10, 51, len(what)).tolist()
        for id_, number, price, category, maker, left, stars in zip(
            *(uuids(rows.mark).to_pylist(), what.tolist(), self._prices[what].tolist()),
            *(self._categories[what].tolist(), self._makers[what].tolist(), stock, rating),
            strict=True,
        ):
            name = f"{colors[number % len(colors)]} {CATEGORIES[category]} {number + 1}"
            yield (
                f'{{"product_id":"{id_}","name":"{name}","category":"{CATEGORIES[category]}",'
                f'"price":{price // 100}.{price % 100:02d},"stock_quantity":{left},'
                f'"supplier":"{makers[maker]}","rating":{stars // 10}.{stars % 10}}}'
            )

    def _transactions(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        count = len(rows.time)
        for id_, customer, product, quantity, time, status, payment in zip(
            *self._ids(rows),
            draws.integers(1, 6, count).tolist(),
            _times(rows.time),
            draws.choice(len(STATUSES), count, p=_STATUS_SHARES).tolist(),
            draws.integers(0, len(PAYMENTS), count).tolist(),
            strict=True,
        ):
            yield (
                f'{{"transaction_id":"{id_}","customer_id":"{customer}","product_id":"{product}",'
                f'"quantity":{quantity},"date_time":"{time}","status":"{STATUSES[status]}",'
                f'"payment_method":"{PAYMENTS[payment]}"}}'
            )

    def _views(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        seconds = 1 + np.minimum(draws.exponential(60, len(rows.time)), 1_800).astype(np.int64)
        for id_, customer, product, time, length in zip(
            *self._ids(rows), _times(rows.time), seconds.tolist(), strict=True
        ):
            yield (
                f'{{"view_id":"{id_}","customer_id":"{customer}","product_id":"{product}",'
                f'"timestamp":"{time}","view_duration":{length}}}'
            )

    def _interactions(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        count, sentences = len(rows.time), self._pools.sentences
        for id_, customer, product, time, type_, sentence, stars in zip(
            *self._ids(rows),
            _times(rows.time),
            draws.integers(0, len(TYPES), count).tolist(),
            draws.integers(0, len(sentences), count).tolist(),
            draws.integers(1, 6, count).tolist(),
            strict=True,
        ):
            said = {"review": f'"{sentences[sentence]}"', "rating": f'"{stars}"'}
            details = said.get(TYPES[type_], "null")
            yield (
                f'{{"interaction_id":"{id_}","customer_id":"{customer}","product_id":"{product}",'
                f'"timestamp":"{time}","interaction_type":"{TYPES[type_]}","details":{details}}}'
            )

    def _logs(self, rows: Happened, draws: np.random.Generator) -> Iterator[str]:
        count = len(rows.time)
        for id_, time, level, text in zip(
            uuids(rows.mark).to_pylist(),
            _times(rows.time),
            draws.choice(len(LEVELS), count, p=_LEVEL_SHARES).tolist(),
            draws.integers(0, len(MESSAGES), count).tolist(),
            strict=True,
        ):
            yield (
                f'{{"log_id":"{id_}","timestamp":"{time}","level":"{LEVELS[level]}",'
                f'"message":"{MESSAGES[text]}"}}'
            )

    def _ids(self, rows: Happened) -> tuple[list[str], list[str], list[str]]:
        """Of the message, its customer and its product."""
        return (
            uuids(rows.mark).to_pylist(),
            uuids(self._made.customer_marks(rows.customer)).to_pylist(),
            uuids(self._made.product_marks(rows.product)).to_pylist(),
        )


def _times(microseconds: Integers) -> list[str]:
    """As the shop writes them: ISO 8601 without an offset, in UTC."""
    moments = pa.array(microseconds // 1_000).cast(pa.timestamp("ms"))
    texts: list[str] = pc.strftime(moments, "%Y-%m-%dT%H:%M:%S").to_pylist()
    return texts
