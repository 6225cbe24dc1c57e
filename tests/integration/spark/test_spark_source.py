"""Spark reads streams through the source: each message once, from where the checkpoint says."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession

from spark.decoders import events, receipts
from tests.support import shop_events
from tests.support.streams_on_broker import Streams
from tillstream import codec

#: A query on a machine that is busy with other tests.
END_SECONDS = 120
Rows = list[tuple[object, ...]]


def run(
    spark: SparkSession,
    checkpoint: Path,
    streams: Sequence[str],
    schema: str | None = None,
    **options: str,
) -> list[Rows]:
    """The rows of each batch of a query that ends at the tails."""
    batches: list[Rows] = []

    def keep(rows: DataFrame, _: int) -> None:
        batches.append([tuple(row) for row in rows.collect()])

    reader = spark.readStream.format("rabbitmq-stream")
    if schema is not None:
        reader = reader.schema(schema)
    query = (
        reader.options(urlEnv="SPARK_TEST_AMQP_URL", streams=",".join(streams), **options)
        .load()
        .writeStream.foreachBatch(keep)
        .option("checkpointLocation", str(checkpoint))
        .trigger(availableNow=True)
        .start()
    )
    try:
        assert query.awaitTermination(END_SECONDS)
    finally:
        query.stop()
    return batches


def test_every_message_comes_once_and_a_restart_goes_on_behind_the_last(
    spark: SparkSession, streams: Streams, tmp_path: Path
) -> None:
    names = [streams.make(), streams.make()]
    schema = "stream string, body binary, timestamp timestamp"
    for name in names:
        streams.publish(name, [b"%d" % number for number in range(50)])
    batches = run(spark, tmp_path, names, schema, maxRowsPerTrigger="40")
    for name in names:
        streams.publish(name, [b"later"])
    later = run(spark, tmp_path, names, schema, maxRowsPerTrigger="40")

    assert [len(rows) for rows in batches] == [40, 40, 20]
    assert sorted(row for rows in batches for row in rows) == sorted(
        (name, b"%d" % number, None) for name in names for number in range(50)
    )
    assert sorted(later[0]) == sorted((name, b"later", None) for name in names)
    assert len(later) == 1


def test_events_come_in_their_columns_and_receipts_a_row_each(
    spark: SparkSession, streams: Streams, tmp_path: Path
) -> None:
    stream = shop_events.definitions().streams["shop"]
    name, log = streams.make(), streams.make()
    sent = shop_events.shop_events(range(shop_events.BEGIN, shop_events.BEGIN + 3_000))
    for part in (sent.slice(0, 2_000), sent.slice(2_000)):
        packed = shop_events.packed(part, 17)
        streams.publish(name, [packed.body], packed.content_type, packed.content_encoding)
    other = shop_events.packed(sent.slice(0, 5), 17, stream="other")
    streams.publish(name, [other.body, b"no message"], other.content_type, other.content_encoding)
    wanted = ("event_time", "event_type", "price")
    [rows] = run(
        spark,
        tmp_path / "events",
        [name],
        events.schema(stream, wanted),
        decoder=events.DECODER,
        decoderArgument=events.argument(stream, wanted),
        onDecodeError="skip",
    )
    bodies = [b'{"number": %d}' % number for number in range(300)]
    body, encoding = codec.pack(b"\n".join(bodies))
    streams.publish(log, [body], codec.NDJSON, encoding)
    [found] = run(spark, tmp_path / "receipts", [log], receipts.SCHEMA, decoder=receipts.DECODER)

    columns = [sent.column(each).to_pylist() for each in wanted]
    places = [(0, row) for row in range(2_000)] + [(1, row) for row in range(1_000)]
    assert rows == [
        (*values, 17, *place)
        for values, place in zip(zip(*columns, strict=True), places, strict=True)
    ]
    assert found == [(each, 0, row) for row, each in enumerate(bodies)]


def test_what_is_gone_fails_the_query_and_no_secret_is_told(
    spark: SparkSession,
    streams: Streams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    small = {"stream_max_segment_size_bytes": 40_000, "max_length_bytes": 120_000}
    name = streams.make(**small)
    streams.publish(name, [b"x" * 5_000] * 120)
    with pytest.raises(StreamingQueryException, match="begins at offset") as failed:
        run(spark, tmp_path, [name], startingOffsets=f'{{"{name}": 0}}')
    secret = streams.url.split("://")[1].split("@")[0].split(":")[1]
    frame = spark.readStream.format("rabbitmq-stream").options(url=streams.url, streams=name).load()
    frame.explain(extended=True)
    told = str(failed.value) + "".join(capfd.readouterr())

    assert "RelationV2" in told or "StreamingRelation" in told
    assert f":{secret}@" not in told
