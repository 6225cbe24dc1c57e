"""Tillstream's messages in the columns that Spark is told, exactly or not at all."""

import pyarrow as pa
import pytest

from spark.decoders import events
from spark.rabbitmq_stream.connection import Message
from spark.rabbitmq_stream.errors import DecodeError
from spark.rabbitmq_stream.rows import decoded_batches
from tests.support import shop_events
from tillstream.errors import UndecodableMessageError
from tillstream.streams import columns, scales

SHOP = shop_events.definitions().streams["shop"]
SENT = shop_events.shop_events(range(shop_events.BEGIN, shop_events.BEGIN + 3))


def decoded(batch: pa.RecordBatch, *names: str) -> list[dict[str, object]]:
    found = events.decoder(events.argument(SHOP, names))(*shop_events.packed(batch, 5))
    assert found is not None
    rows: list[dict[str, object]] = found.to_pylist()
    return rows


def test_the_schema_has_every_column_of_the_stream_and_where_an_event_stands() -> None:
    named = [part.split()[0].strip("`") for part in events.schema(SHOP).split(", ")]

    assert named == [*columns.schema(SHOP).names, "received", "log_offset", "log_row"]


def test_a_column_that_an_earlier_version_lacks_is_null() -> None:
    found = decoded(SENT.select(["event_time", "price"]), "price", "brand")

    assert found == [{"price": 1_250, "brand": None, "received": 5}] * 3


def test_a_decimal_of_another_scale_is_carried_over_or_refused() -> None:
    def of_scale(price: int, scale: int) -> pa.RecordBatch:
        field = pa.field("price", pa.int64(), metadata=scales.metadata(scale))
        return pa.RecordBatch.from_arrays([pa.array([price])], schema=pa.schema([field]))

    assert decoded(of_scale(12, 0), "price") == [{"price": 1_200, "received": 5}]
    with pytest.raises(UndecodableMessageError, match="price: a decimal of the scale 3"):
        decoded(of_scale(12_345, 3), "price")


def test_a_message_that_is_none_is_told_with_its_place_or_skipped() -> None:
    wanted = pa.schema([("price", pa.int64()), ("log_offset", pa.int64())])
    decode = events.decoder(events.argument(SHOP, ["price"]))
    good = Message(8, *shop_events.packed(SENT, 5), None)
    bad = Message(7, b"nothing", good.content_type, None, None)
    groups = [[bad, good], [good]]

    with pytest.raises(DecodeError, match="log, offset 7: not an Arrow stream"):
        list(decoded_batches("log", groups, wanted, decode, skip_undecodable=False))
    [rows] = decoded_batches("log", groups, wanted, decode, skip_undecodable=True)
    assert rows.to_pylist() == [{"price": 1_250, "log_offset": 8}] * 6
