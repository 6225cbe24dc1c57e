"""Clicks, purchases and products whose checkouts are known, and what is read of those."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from events.windows.changes import BEGIN, Changes
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tests.support.shop_events import SECOND, packed
from tillstream.log.reader import LogMessage
from tillstream.streams import columns, definitions_file, message
from tillstream.streams.message import Packed
from tillstream.streams.names import BODY
from tillstream.streams.window_rows import microseconds

STREAMS = Path(__file__).parent / "clicks_streams"
DEFINITIONS = definitions_file.load([STREAMS])
MINUTE = 60 * SECOND
WINDOW = 10 * MINUTE
LATENESS = MINUTE
#: What comes within so long is in one message of each stream.
PACE = 15 * SECOND
#: 2026-03-01 12:00:00 UTC.
NOON = 1_772_366_400 * SECOND
PRICE = 1_250

Event = dict[str, Any]


def click(number: int, user: str, time: int, source: str) -> Event:
    """A click at a time, microseconds."""
    return {"click_id": f"c{number}", "user_id": user, "click_time": time, "source": source}


def purchase(number: int, user: str, time: int, product: str = "p0", quantity: int = 1) -> Event:
    """A purchase at a time, microseconds."""
    return {
        "purchase_id": f"b{number}",
        "user_id": user,
        "purchase_time": time,
        "product_id": product,
        "quantity": quantity,
    }


def product(number: int, time: int = NOON) -> Event:
    """A product, all of one price."""
    category = ("Books", "Toys")[number % 2]
    return {
        "product_id": f"p{number}",
        "changed": time,
        "category": category,
        "price": PRICE,
    }


def sent(stream: str, events: Sequence[Event], received_us: int) -> Packed:
    """A message of the door."""
    schema = columns.schema(DEFINITIONS.streams[stream])
    return packed(pa.RecordBatch.from_pylist(list(events), schema), received_us, stream)


class World(NamedTuple):
    """Events as they come: stream, when to the door, and what."""

    sent: list[tuple[str, int, Event]]

    def events(self, stream: str) -> list[Event]:
        """Those of a stream."""
        return [event for name, _, event in self.sent if name == stream]


def world(seed: int, purchases: int = 40, users: int = 6, products: int = 4) -> World:
    """Out of order within the lateness; some products come after what is bought of them."""
    chance = random.Random(seed)
    found: list[tuple[str, int, Event]] = []

    def came(time: int) -> int:
        return time + chance.randrange(LATENESS - 2 * PACE)

    for number in range(purchases):
        time = NOON + chance.randrange(12 * MINUTE)
        user = f"u{chance.randrange(users)}"
        one = purchase(number, user, time, f"p{chance.randrange(products)}", 1 + number % 3)
        found.append(("purchases", came(time), one))
    for number in range(3 * purchases):
        time = NOON + chance.randrange(-12 * MINUTE, 13 * MINUTE)
        user = f"u{chance.randrange(users)}"
        source = ("Google Ads", "Facebook Post", "Unknown")[number % 3]
        found.append(("clicks", came(time), click(number, user, time, source)))
    for number in range(products):
        time = NOON + chance.randrange(-10 * MINUTE, 16 * MINUTE)
        found.append(("products", time, product(number, time)))
    return World(sorted(found, key=lambda one: one[1]))


def messages_of(seen: World) -> list[Packed]:
    """The events in messages of a stream each, in the order in which they came."""
    made: list[Packed] = []
    for _, group in groupby(seen.sent, lambda one: one[1] // PACE):
        some = list(group)
        for stream in ("products", "clicks", "purchases"):
            ours = [event for name, _, event in some if name == stream]
            if ours:
                made.append(sent(stream, ours, some[-1][1]))
    return made


def expected(seen: World) -> dict[str, Event]:
    """The checkout of each purchase, by brute force."""
    clicks = defaultdict(list)
    for each in seen.events("clicks"):
        clicks[each["user_id"]].append(each)
    products = {e["product_id"]: e for e in seen.events("products")}
    found = {}
    for one in seen.events("purchases"):
        before = [
            (each["click_time"], each["click_id"], each["source"])
            for each in clicks[one["user_id"]]
            if one["purchase_time"] - WINDOW <= each["click_time"] <= one["purchase_time"]
        ]
        _, click_id, source = min(before, default=(0, None, None))
        known = products.get(one["product_id"])
        found[one["purchase_id"]] = {
            "purchase_id": one["purchase_id"],
            "user_id": one["user_id"],
            "purchase_time": one["purchase_time"],
            "click_id": click_id,
            "source": source,
            "category": known and known["category"],
            "quantity": one["quantity"],
            "total": known and known["price"] * one["quantity"],
            "touches": len(before),
            "missing": None if known else "products",
        }
    return found


def by_source(checkouts: Iterable[Event]) -> dict[tuple[int, str | None], tuple[int, int, int]]:
    """What the window `by_source` has to be: number, pieces and revenue."""
    number: Counter[Any] = Counter()
    pieces: Counter[Any] = Counter()
    revenue: Counter[Any] = Counter()
    for one in checkouts:
        key = one["purchase_time"] // MINUTE * MINUTE, one["source"]
        number[key] += 1
        pieces[key] += one["quantity"]
        revenue[key] += one["total"] or 0
    return {key: (number[key], pieces[key], revenue[key]) for key in number}


def counted_by_source(state: State) -> dict[tuple[int, str | None], tuple[int, int, int]]:
    """What the state has of it."""
    table = WindowTable(DEFINITIONS.windows["by_source"])
    changed, _ = Changes(state.database, table).after(BEGIN, 10_000)
    return {
        (microseconds(row["start"]), row["source"]): (
            row["number"],
            row["pieces"],
            int((row["revenue"] or 0) * 100),
        )
        for row in (one.row for one in changed)
        if row["number"]
    }


def rows_of(log: Iterable[LogMessage], stream: str = "checkouts") -> list[Event]:
    """The rows in the log, without repetitions."""
    rows, names = [], set()
    for one in log:
        found = message.decode(one.body, one.content_type, one.content_encoding)
        if found.stream == stream:
            values = found.events.to_pylist()
            if values[0][BODY] not in names:
                rows += values
            names.add(values[0][BODY])
    return rows


def newest(rows: Iterable[Event]) -> dict[str, Event]:
    """Of each conversion the row that stands, without what says how it came to be."""
    found: dict[str, Event] = {}
    for row in sorted(rows, key=lambda row: (row["row_version"], row["sign"])):
        found[row["purchase_id"]] = row
    hidden = ("sign", "row_version", "is_final", "is_late", BODY)
    return {
        key: {name: row[name] for name in row if name not in hidden} for key, row in found.items()
    }
