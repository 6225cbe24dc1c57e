"""The service of questions on a real MongoDB, filled through the archive's own writer."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from local.ports import free_port
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.entries import entry
from tests.support.processes import answers, running
from tests.support.receipts import stamped
from tests.support.waiting import wait_until
from tillstream import stores
from tillstream.runtime.settings import StoreTimeSettings
from tillstream.stores import StoreTable

#: Stores that keep another zone, and another cutoff.
STORES_CSV = "storeID,zone,cutoffHour\n9,Indian/Reunion,4\n8,Europe/Paris,3\n"

Fields = dict[str, Any]
Store = Callable[[list[Fields]], None]


@pytest.fixture(scope="module")
def stores_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stores") / "stores.csv"
    file.write_text(STORES_CSV)
    return file


@pytest.fixture(scope="module")
def table(stores_file: Path) -> StoreTable:
    """The calendars of the stores."""
    return stores.load(StoreTimeSettings(stores_file=stores_file))


@pytest.fixture(scope="module")
def database(mongo_url: str) -> Iterator[Database[dict[str, Any]]]:
    """An empty database, for all tests of a module."""
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        database = client[f"test-{uuid.uuid4().hex[:12]}"]
        yield database
        client.drop_database(database.name)


@pytest.fixture(scope="module")
def store(mongo_url: str, database: Database[dict[str, Any]], table: StoreTable) -> Iterator[Store]:
    """Stores receipts as the worker does."""
    with connect(mongo_url) as client:
        archive = ArchiveWriter(client, database.name, table, lambda: 1_795_000_001.0)

        def store(receipts: list[Fields]) -> None:
            entries = [entry(stamped(each), table) for each in receipts]
            assert archive.store(entries, threading.Event()) is not None

        yield store


@contextmanager
def serving(
    mongo_url: str, database: str, **environ: str
) -> Iterator[tuple[Popen[bytes], httpx.Client]]:
    """A service of its own that answers, and a client of it."""
    port = free_port()
    settings = {"MONGO_URL": mongo_url, "MONGO_DATABASE": database, "ARCHIVE_API_PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    with running("persistence", "api", **settings, **environ) as process:
        wait_until(lambda: answers(f"{url}/health/live"), 30, "the service")
        with httpx.Client(base_url=url, timeout=30) as client:
            yield process, client


@contextmanager
def service(mongo_url: str, database: str, **environ: str) -> Iterator[httpx.Client]:
    """A client of a service of its own that answers."""
    with serving(mongo_url, database, **environ) as (_, client):
        yield client


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service's data folder."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def api(
    mongo_url: str, database: Database[dict[str, Any]], stores_file: Path, data: Path
) -> Iterator[httpx.Client]:
    """A client of the service that anybody may ask."""
    environ = {"STORES_FILE": str(stores_file), "DATA_DIR": str(data)}
    with service(mongo_url, database.name, **environ) as client:
        yield client
