"""Events of the shop's stream, made by a seed, for tests of windows and of the archive."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tillstream.streams import columns
from tillstream.streams.definition import Definitions
from tillstream.streams.definitions_file import load

STREAMS = Path(__file__).parents[2] / "streams"
#: The windows over receipts, which a run has where STREAMS_DIR names them.
OF_RECEIPTS = STREAMS / "receipts"
#: 2019-10-01 00:00:00 UTC.
BEGIN_US = 1_569_888_000_000_000


@cache
def definitions() -> Definitions:
    """Those of the repository; read once, for the check of their SQL takes a quarter second."""
    return load([STREAMS])


def shop_events(count: int, seed: int = 1, begin_us: int = BEGIN_US) -> pa.RecordBatch:
    """Events of the shop, about ten a second, with people who come again."""
    random = np.random.default_rng(seed)
    people = random.integers(0, 50, count)
    brands = [None, "shiseido", "apple", "bosch"]
    types = ["view", "cart", "remove_from_cart", "purchase"]
    found: dict[str, Any] = {
        "event_time": begin_us + np.cumsum(random.integers(0, 200_000, count)),
        "event_type": pa.DictionaryArray.from_arrays(
            pa.array(random.choice(4, count, p=[0.8, 0.1, 0.05, 0.05]), pa.int8()), types
        ),
        "product_id": random.integers(1_000_000, 60_000_000, count),
        "category_id": pa.array(
            [None if each % 7 == 0 else 2_103_807_459_595_387_724 + int(each) for each in people]
        ),
        "category_code": pa.array(["electronics.clocks"] * count),
        "brand": pa.array([brands[each % 4] for each in people]),
        "price": pa.array([None if each == 3 else int(each) * 1_237 + 5 for each in people]),
        "user_id": 541_312_140 + people,
        "user_session": pa.array([f"72d76fde-8bb3-4e00-8c23-{each:012d}" for each in people]),
    }
    schema = columns.schema(definitions().streams["shop"])
    return pa.record_batch(
        [pa.array(found[each.name]).cast(each.type) for each in schema], schema=schema
    )


def all_rows(events: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The numbers of its rows."""
    return np.arange(events.num_rows)
