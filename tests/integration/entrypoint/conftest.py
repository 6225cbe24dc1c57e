"""Doors on a real broker, and what they published."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.processes import running_door
from tillstream import topology
from tillstream.codec import receipt_bodies

RECEIVERS = ("generic", "lightspeed", "odoo", "shopify", "square", "woocommerce")


@pytest.fixture
def door(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a door with small limits, on new queues."""
    limits = {
        "MAX_RECEIPT_BYTES": "4096",
        "MAX_BATCH_BYTES": "2000000",
        "CONFIRM_TIMEOUT_SECONDS": "2",
        "DATA_DIR": str(tmp_path),
        # A receiver without a secret answers 503.
        **{f"RECEIVER_{name.upper()}_SECRET": "s" * 32 for name in RECEIVERS},
        "RECEIVERS_URL": "https://receipts.example.com",
    }
    with (
        running_door(amqp_url, **limits) as url,
        httpx.Client(base_url=url, timeout=10) as client,
    ):
        yield client


@pytest.fixture
def published(broker: BlockingConnection) -> Callable[[], list[dict[str, Any]]]:
    """Takes every receipt that is on the persistence queue now, in order."""

    def take() -> list[dict[str, Any]]:
        receipts: list[dict[str, Any]] = []
        with broker.channel() as channel:
            while True:
                method, properties, body = channel.basic_get(
                    topology.PERSISTENCE_QUEUE, auto_ack=True
                )
                if method is None:
                    return receipts
                lines = receipt_bodies(body, properties.content_type, properties.content_encoding)
                receipts += [json.loads(line) for line in lines]

    return take
