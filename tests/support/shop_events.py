"""Events of the stream `shop`, as messages of the log."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from tillstream.log.reader import LogMessage
from tillstream.streams import definitions_file, message
from tillstream.streams.columns import ENUM
from tillstream.streams.definition import Definitions
from tillstream.streams.message import EventMessage, Packed

STREAMS = Path(__file__).parents[2] / "streams"
SECOND = 1_000_000
#: 2019-10-01 00:00:00 UTC.
BEGIN = 1_569_888_000 * SECOND
TYPES = ("view", "cart", "remove_from_cart", "purchase")


def definitions() -> Definitions:
    """Those of the repository."""
    return definitions_file.load([STREAMS])


def shop_events(times: Sequence[int], *, price: int = 1_250, seed: int = 0) -> pa.RecordBatch:
    """Events at these times, microseconds, their types one after the other from `seed` on."""
    rows = len(times)
    types = (np.arange(rows) + seed) % len(TYPES)
    columns = {
        "event_time": pa.array(times, pa.int64()),
        "event_type": pa.DictionaryArray.from_arrays(
            pa.array(types.astype(np.int8)), pa.array(TYPES)
        ).cast(ENUM),
        "product_id": pa.array(np.arange(rows) % 7),
        "category_id": pa.array(np.full(rows, 2_103_807_459_595_387_724)),
        "category_code": pa.nulls(rows, pa.string()),
        "brand": pa.array(["shiseido"] * rows, pa.string()),
        "price": pa.array([price] * rows, pa.int64()),
        "user_id": pa.array(np.arange(rows) % 5),
        "user_session": pa.array(["72d76fde"] * rows, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


def packed(
    events: pa.RecordBatch, received_us: int, stream: str = "shop", version: int = 1
) -> Packed:
    """A message as the door publishes it."""
    return message.encode(EventMessage(stream, version, received_us, events))


def log_message(
    offset: int, events: pa.RecordBatch, received_us: int, stream: str = "shop", version: int = 1
) -> LogMessage:
    """A message as the log gives it."""
    return LogMessage(offset, *packed(events, received_us, stream, version))
