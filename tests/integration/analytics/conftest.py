"""The rooms of a receipt, running."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from tests.support.books import Books
from tests.support.listener import Listener
from tests.support.processes import running, running_door
from tillstream import topology
from tillstream.snapshots import CountSnapshot


@pytest.fixture
def environ(room_settings: dict[str, str]) -> dict[str, str]:
    """Settings of every room."""
    return {
        **room_settings,
        "STORE_TIMEZONE": "UTC",
        # Repetitions and conflicts shall reach the log here, and not be stopped at the door.
        "REMEMBERED_RECEIPTS": "1",
    }


@pytest.fixture
def books(
    broker: BlockingConnection,
    environ: dict[str, str],
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
) -> Iterator[Books]:
    counts = Listener(broker, topology.COUNT, CountSnapshot)

    def counted(count: int) -> CountSnapshot:
        snapshot: CountSnapshot = counts.wait_for(
            lambda one: one.count == count, f"{count} counted"
        )
        return snapshot

    with (
        running_door(amqp_url, **environ) as door,
        running("persistence", **environ),
        running("analytics", "totals", **environ),
        MongoClient[dict[str, Any]](mongo_url) as client,
    ):
        yield Books(door, client[mongo_database]["receipts"], environ, tmp_path, counted)
