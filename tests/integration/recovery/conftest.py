"""A filled system for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.filled_system import Filled, filled


@pytest.fixture
def system(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str, tmp_path: Path
) -> Iterator[Filled]:
    """Receipts in log, ledger and archive; every room is ended."""
    with filled(amqp_url, mongo_url, mongo_database, tmp_path / "data") as one:
        yield one
