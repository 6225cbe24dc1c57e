"""Windows of the online shop as its definitions name them, and what fills them, for the pages."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from dashboard.state.online_windows import FUNNEL, MODELS, SUMMED
from tests.support.window_archive import WindowArchive
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.streams import definitions_file
from tillstream.streams.definition import Definitions
from tillstream.streams.window_rows import WindowsSnapshot, microseconds

_FIELDS = """
sold_at = { type = "timestamp", zone = "UTC", required = true }
source = { type = "text" }
category = { type = "text" }
description = { type = "text" }
gender = { type = "text" }
product_id = { type = "text" }
customer_id = { type = "text" }
quantity = { type = "integer" }
total = { type = "decimal", scale = 5 }
profit = { type = "decimal", scale = 8 }
price = { type = "decimal", scale = 2 }
"""


def _counted(name: str, key: str) -> str:
    return f"""
[[window]]
name = "{name}"
size = "1 min"
[window.keys]
{key} = "{key}"
[window.measures]
purchases = "count(*)"
"""


_CREDITS = "\n".join(f'{model} = "sum(quantity)"' for model in MODELS)
DEFINITION = f"""
[stream]
name = "checkouts"
event_time = "sold_at"
lateness = "11 min"
[fields]{_FIELDS}
[[window]]
name = "revenue"
size = "1 min"
[window.measures]
revenue = {{ sql = "sum(total)", read_as = "decimal", scale = 5, unit = "EUR" }}
profit = {{ sql = "sum(profit)", read_as = "decimal", scale = 8, unit = "EUR" }}
quantity = "sum(quantity)"
purchases = "count(*)"
without_product = "count(*)"
{_counted("source_count", "source")}
{_counted("category_count", "category")}
{_counted("fail_count", "description")}
{_counted("gender_count", "gender")}
[[window]]
name = "source_credits"
size = "1 min"
[window.keys]
source = "source"
[window.measures]
{_CREDITS}
[[window]]
name = "shop_metrics"
size = "1 min"
[window.measures]
nr_items_viewed = "count(*)"
nr_items_put_in_cart = "count(*)"
nr_items_sold = "count(*)"
[[window]]
name = "customer_analysis"
size = "1 days"
start_column = "window.start"
end_column = "window.end"
[window.keys]
gender = "gender"
[window.measures]
total_customers = "count(*)"
last_activity = {{ sql = "max(sold_at)", read_as = "timestamp" }}
[[window]]
name = "product_analysis"
size = "1 h"
[window.keys]
category = "category"
[window.measures]
total_stock = "sum(quantity)"
products = "count(*)"
worth = {{ sql = "sum(price)", read_as = "decimal", scale = 2 }}
[window.columns]
average_price = {{ sql = "worth / nullif(products, 0)", unit = "EUR" }}
[[window]]
name = "sales_analysis"
size = "1 h"
[window.keys]
product_id = "product_id"
[window.measures]
number_of_sales = "count(*)"
total_quantity_sold = "sum(quantity)"
unique_customers = "count(DISTINCT customer_id)"
"""

SOURCES = ("Google Ads", "Tiktok Ads", "Facebook Post", "Newsletter", "Unknown", None)
CATEGORIES = (
    *("Bread", "Cakes", "Pastry", "Coffee", "Tea", "Jam", "Gifts", "Baskets"),
    *("Chocolate", "Biscuits", "Flour", "Ice cream", None),
)
REASONS = ("Card declined", "Insufficient funds", "Expired card", None)
GENDERS = ("Female", "Male", "Other", None)
MINUTE, CREDIT = 60, 1_000_000
FUNNEL_FIGURES = SUMMED[FUNNEL]
#: Start, keys and figures of a row.
Made = tuple[datetime, Sequence[Any], dict[str, Any]]


def declare(folder: Path) -> Definitions:
    """The windows, as a folder of definitions has them."""
    (folder / "checkouts.toml").write_text(DEFINITION)
    return definitions_file.load([folder])


class OnlineShop:
    """Fills the windows of every minute, and says what the events worker would."""

    def __init__(self, client: MongoClient[dict[str, Any]], database: str, folder: Path) -> None:
        windows = declare(folder).windows
        self.archives = {
            name: WindowArchive(client, database, window)
            for name, window in windows.items()
            if window.stream == "checkouts"
        }
        self._random = random.Random(20)

    def write(self, window: str, start: float, keys: Sequence[Any], **figures: Any) -> None:
        """One row; amounts in minor units."""
        self.archives[window].write([(datetime.fromtimestamp(start, UTC), keys, figures)])

    def sell(self, starts: Iterable[float]) -> None:
        """What happens in minutes of the shop, by chance."""
        made: dict[str, list[Made]] = defaultdict(list)
        for start in starts:
            for window, keys, figures in self._minute():
                made[window].append((datetime.fromtimestamp(start, UTC), keys, figures))
        for window, rows in made.items():
            self.archives[window].write(rows)

    def _minute(self) -> Iterator[tuple[str, Sequence[Any], dict[str, Any]]]:
        luck = self._random
        purchases = luck.randint(4, 12)
        amounts = {
            "revenue": sum(luck.randint(500_000, 9_000_000) for _ in range(purchases)),
            "profit": sum(luck.randint(50_000_000, 900_000_000) for _ in range(purchases)),
        }
        pieces = purchases + luck.randint(0, 9)
        counts = {"quantity": pieces, "purchases": purchases, "without_product": pieces % 2}
        yield "revenue", (), amounts | counts
        for window, keys in (
            ("source_count", SOURCES),
            ("category_count", CATEGORIES),
            ("gender_count", GENDERS),
            ("fail_count", REASONS),
        ):
            for key in luck.sample(keys, 3):
                yield window, (key,), {"purchases": luck.randint(1, 3)}
        for source in luck.sample(SOURCES, 4):
            given = {model: luck.randint(0, 3) * CREDIT // 3 for model in MODELS}
            yield "source_credits", (source,), given
        viewed = luck.randint(80, 120)
        figures = zip(FUNNEL_FIGURES, (viewed, viewed // 4, viewed // 15), strict=True)
        yield "shop_metrics", (), dict(figures)

    def describe(self, now: float) -> None:
        """Customers of the day, products and stock of the hour."""
        hour, day = now // 3600 * 3600, now // 86_400 * 86_400
        last = microseconds(datetime.fromtimestamp(now - 30, UTC))
        for place, gender in enumerate(GENDERS[:3]):
            number = 1200 - 400 * place
            self.write(
                *("customer_analysis", day, (gender,)), total_customers=number, last_activity=last
            )
        for place, category in enumerate(CATEGORIES[:6]):
            self.write(
                *("product_analysis", hour, (category,)),
                total_stock=900 - 110 * place,
                products=20,
                worth=40_000,
                average_price=12.345 + place,
            )
        for place in range(12):
            self.write(
                *("sales_analysis", hour, (f"{4460006 + 7 * place}",)),
                number_of_sales=60 - 4 * place,
                total_quantity_sold=90 - 5 * place,
                unique_customers=55 - 4 * place,
            )

    def tell(self, connection: BlockingConnection, now: float, **more: Any) -> None:
        """What the events worker says each second."""
        with connection.channel() as channel:
            for name in self.archives:
                told: dict[str, Any] = {"complete_until": now - 660, "as_of": now} | more
                snapshot = WindowsSnapshot(window=name, stream="checkouts", rows=[], **told)
                amqp.publish_snapshot(channel, topology.WINDOWS, snapshot)


class Speaking:
    """Says each second what the events worker would, until it is left."""

    def __init__(self, shop: OnlineShop, url: str) -> None:
        self._shop = shop
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        #: Set: says nothing.
        self.silent = False

    def __enter__(self) -> "Speaking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        connection = amqp.connect(self._url, "events worker")
        with connection.channel() as channel:
            amqp.declare(channel)
        while not self._ended.wait(1):
            if not self.silent:
                self._shop.tell(connection, time.time())
        connection.close()
