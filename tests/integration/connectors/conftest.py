"""A worker of deliveries on a broker of its own, and what came of it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from connectors.settings import ConnectorsSettings
from connectors.state.state_file import State
from connectors.worker.mapper import Mapper
from connectors.worker.run_worker import run_worker
from tests.support.killed_connectors import StatesMapper
from tests.support.sale_states import counted_once
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.codec import receipt_bodies
from tillstream.log.looking_up import last_offset
from tillstream.log.reader import reading
from tillstream.receivers.delivery import Delivery, message_headers
from tillstream.runtime import broker as amqp

#: 2026-11-21 12:00 UTC.
RECEIVED_US = 1_795_262_400_000_000


class Shop(NamedTuple):
    """What sends deliveries, and what came of them."""

    settings: ConnectorsSettings
    connection: BlockingConnection

    def deliver(self, *said: dict[str, Any] | bytes) -> None:
        """Each as the door publishes it."""
        channel = self.connection.channel()
        channel.confirm_delivery()
        for number, one in enumerate(said):
            body = one if isinstance(one, bytes) else json.dumps(one).encode()
            headers = message_headers(
                Delivery("shop", "orders/updated", str(number), "", RECEIVED_US + number, body)
            )
            properties = pika.BasicProperties(headers=headers, delivery_mode=2)
            channel.basic_publish(topology.DELIVERIES, "", body, properties, mandatory=True)
        channel.close()

    @property
    def state_path(self) -> Path:
        """The worker's state."""
        return self.settings.state_path()

    def counters(self) -> dict[str, int]:
        """Of the receiver."""
        with State(self.state_path, create=False) as state:
            return state.counters.all().get("shop", {})

    def is_taken(self, deliveries: int) -> bool:
        """Whether so many were read, and nothing waits to be published."""
        if not self.state_path.exists():
            return False
        with State(self.state_path) as state:
            taken = state.counters.all().get("shop", {}).get("taken", 0)
            return taken == deliveries and state.outbox.count() == 0

    def lines(self) -> list[bytes]:
        """Every receipt of the log, as often as it is there."""
        last = last_offset(self.settings.amqp_url)
        if last is None:
            return []
        found: list[bytes] = []
        with reading(self.settings.amqp_url, "first") as reader:
            end = -1
            while end < last:
                for message in reader.read(1):
                    found += receipt_bodies(
                        message.body, message.content_type, message.content_encoding
                    )
                    end = message.offset
                reader.done()
        return found

    def receipts(self) -> list[dict[str, Any]]:
        """As the ledger counts them: each identity once."""
        return counted_once(self.lines())

    @contextmanager
    def working(
        self, mapper: Mapper | None = None, **more: Any
    ) -> Iterator[Callable[[int], object]]:
        """A worker in a thread; gives what waits until so many deliveries are taken."""
        stop = threading.Event()
        thread = threading.Thread(
            target=run_worker,
            args=(self.settings, stop, mapper or StatesMapper()),
            kwargs=more,
        )
        thread.start()
        try:
            yield lambda deliveries: wait_until(
                lambda: self.is_taken(deliveries), 60, f"{deliveries} deliveries"
            )
        finally:
            stop.set()
            thread.join(30)


@pytest.fixture
def shop(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Shop:
    """A shop whose deliveries nobody has taken yet."""
    settings = ConnectorsSettings(
        amqp_url=amqp_url, data_dir=tmp_path, receiver_fetch_hours=1_000_000
    )
    amqp.declare_deliveries(broker, settings.deliveries_queue())
    return Shop(settings, broker)
