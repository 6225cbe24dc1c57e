"""A large export: as much memory as a small one, and broken to its client when MongoDB is."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

import httpx
import pytest
from pymongo import MongoClient

from local.supervisor import Supervisor
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.entries import entry
from tests.conftest import running_mongo
from tests.integration.persistence.api.conftest import Fields, serving
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream import stores
from tillstream.runtime.settings import StoreTimeSettings

DATABASE = "tillstream"
#: Receipts of one store, and stores.
EACH, STORES = 5_000, 8
#: What a larger export may cost more: its documents are 180 MB.
NOISE_BYTES = 12 * 1024 * 1024


class Large(NamedTuple):
    """An archive of EACH * STORES receipts, and a service that answers from it."""

    supervisor: Supervisor
    process: Popen[bytes]
    client: httpx.Client

    def exported(self, form: str, store: int | None = None) -> tuple[int, int]:
        """Size of an export, and the most memory that the service had during it, bytes."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # the peak, of proc(5)
        size = 0
        question = {"format": form} | ({"store": str(store)} if store is not None else {})
        with self.client.stream("GET", "/export", params=question) as answer:
            for piece in answer.iter_raw():
                size += len(piece)
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = status.partition("VmHWM:")[2].split()[0]
        return size, int(peak) * 1024


def fill(url: str) -> None:
    """The same receipts for every store: what a process remembers of amounts is always as much."""
    table = stores.load(StoreTimeSettings())
    receipts: list[Fields] = [
        receipt(number, cents=number, date=f"2026-11-{1 + number % 28:02d} 08:00:01")
        for number in range(EACH)
    ]
    with connect(url) as client:
        archive = ArchiveWriter(client, DATABASE, table, time.time)
        archive.store([entry(stamped(each), table) for each in receipts], threading.Event())
    with MongoClient[Fields](url) as client:
        client[DATABASE].receipts.aggregate(
            [
                {"$set": {"store": {"$map": {"input": {"$range": [0, STORES]}, "in": "$$this"}}}},
                {"$unwind": "$store"},
                {"$set": {"store": {"$toString": "$store"}}},
                {"$set": {"_id": {"$concat": ["$store", "/", "$_id"]}}},
                {"$out": "receipts"},
            ]
        )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    folder = tmp_path_factory.mktemp("large")
    with running_mongo(folder) as (url, supervisor):
        fill(url)
        with serving(url, DATABASE, DATA_DIR=str(folder)) as (process, client):
            yield Large(supervisor, process, client)


@pytest.mark.parametrize("form", ["parquet", "ndjson"])
def test_a_large_export_takes_the_memory_of_a_small_one(large: Large, form: str) -> None:
    small, before = max(large.exported(form, store=store) for store in range(2))

    size, peak = large.exported(form)

    assert (True, True) == (size > small, peak < before + NOISE_BYTES), (before, peak, size)


def test_an_export_whose_mongodb_is_killed_is_broken_and_the_next_is_whole(large: Large) -> None:
    with large.client.stream("GET", "/export", params={"format": "ndjson"}) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        large.supervisor.control.signal("mongod", "KILL")
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            deque(pieces)
    wait_until(lambda: large.client.get("/health/ready").status_code == 200, 30, "the service")

    whole = large.client.get("/export", params={"format": "ndjson", "store": "3"})

    assert (200, EACH) == (whole.status_code, len(whole.text.splitlines()))
