"""The events worker on a real broker: what the log has is counted, told, and counted once."""

from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support import shop_events
from tests.support.listener import Listener
from tests.support.processes import running
from tests.support.shop_events import BEGIN, SECOND
from tillstream import topology
from tillstream.streams.message import Packed
from tillstream.streams.window_rows import WindowsSnapshot

RECEIVED = 1_700_000_000 * SECOND


@pytest.fixture
def environ(amqp_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(shop_events.STREAMS),
    }


def publish(connection: BlockingConnection, packed: Packed) -> None:
    channel = connection.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type=packed.content_type,
        content_encoding=packed.content_encoding,
        delivery_mode=2,
    )
    channel.basic_publish(topology.EVENTS, "", packed.body, properties)
    channel.close()


class Told:
    """The newest of each row that was told."""

    def __init__(self, connection: BlockingConnection) -> None:
        self.rows: dict[str, dict[str, object]] = {}
        self.listener = Listener(connection, topology.WINDOWS, WindowsSnapshot, self._hear)

    def _hear(self, snapshot: WindowsSnapshot) -> None:
        if snapshot.window == "shop_metrics":
            for row in snapshot.rows:
                self.rows[str(row["start_event_time"])] = dict(row)


def test_a_shops_events_are_told_by_minute(
    broker: BlockingConnection, environ: dict[str, str]
) -> None:
    told = Told(broker)
    times = [BEGIN + second * SECOND for second in range(90)]
    with running("events", "worker", **environ):
        publish(broker, shop_events.packed(shop_events.shop_events(times), RECEIVED))
        told.listener.wait_for(lambda _: len(told.rows) == 2, "two windows")

    assert {
        "start_event_time": "2019-10-01T00:00:00Z",
        "end_event_time": "2019-10-01T00:01:00Z",
        "nr_of_events": 60,
        "nr_items_viewed": 15,
        "nr_items_put_in_cart": 15,
        "nr_items_sold": 15,
        "value_items_sold_in_cent": 15 * 1_250,
        "revision": 1,
        "late": 0,
        "final": False,
    } == told.rows["2019-10-01T00:00:00Z"]
