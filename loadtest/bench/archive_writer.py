"""The persistence worker: receipts/s from the queue into MongoDB, beside `insert_many` alone."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from loadtest.bench.harness import Options, Series
from loadtest.bench.log_writer import write_log
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import cpu_seconds
from loadtest.receipt_pool import generated
from tillstream.errors import TillstreamError

#: The issue's target, receipts per second.
TARGET = 25_000
#: Receipts of a message as the door writes them under load: 256 KiB, packed.
MESSAGE_RECEIPTS = 350
#: Documents of one `insert_many`, as the worker writes them.
INSERTED_TOGETHER = 2_000
STORED_SECONDS = 300
RECEIVED = 1_795_000_000

Document = dict[str, Any]


def measure(options: Options, series: Series) -> None:
    """Drain a queue that was filled before, then write the same documents without a worker."""
    count = options.size(200_000, 5_000)
    series.notes.append(
        f"Writer: {count:,} receipts of the generator wait in the queue in messages of"
        f" {MESSAGE_RECEIPTS}; from the worker's first document to its last. `insert_many` alone:"
        f" the same documents, {INSERTED_TOGETHER:,} together, majority and journal, the same"
        " indexes and validator."
    )
    for _ in range(options.rounds):
        with running_system([]) as system, MongoClient[Document](system.mongo_url) as client:
            write_log(system.amqp_url, _stamped(count, system), MESSAGE_RECEIPTS)
            receipts = client["tillstream"]["receipts"]
            mongod = system.pids()["mongod"]
            with _worker(system) as worker:
                first = _wait(receipts, 1)
                before = cpu_seconds(worker), cpu_seconds(mongod), receipts.count_documents({})
                last = _wait(receipts, count)
                used = cpu_seconds(worker) - before[0], cpu_seconds(mongod) - before[1]
            rest = count - before[2]
            series.add("writer: stored", "receipts/s", rest / (last - first), "higher", TARGET)
            series.add("writer: CPU for a receipt", "us", 1e6 * used[0] / rest, "lower")
            series.add("writer: CPU of mongod for a receipt", "us", 1e6 * used[1] / rest, "lower")
            rate = _insert_alone(client, receipts)
            series.add("insert_many alone", "receipts/s", rate, "higher")


def _stamped(count: int, system: System) -> Iterator[bytes]:
    for number, receipt in enumerate(generated(count, system.environ)):
        yield b'%b,"receivedTime":%d}' % (receipt[:-1], RECEIVED + number // 200)


@contextmanager
def _worker(system: System) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "persistence"], env=system.environ)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(receipts: Collection[Document], count: int) -> float:
    """When so many were stored."""
    deadline = time.perf_counter() + STORED_SECONDS
    while receipts.estimated_document_count() < count:
        if time.perf_counter() > deadline:
            raise TillstreamError(f"not all receipts were stored in {STORED_SECONDS} s")
        time.sleep(0.02)
    return time.perf_counter()


def _insert_alone(client: MongoClient[Document], receipts: Collection[Document]) -> float:
    documents = list(receipts.find())
    database = client["tillstream_alone"]
    (options,) = client["tillstream"].list_collections(filter={"name": "receipts"})
    database.create_collection("receipts", **options["options"])
    for name, index in receipts.index_information().items():
        if name != "_id_":
            database["receipts"].create_index(index["key"], name=name)
    durable = database["receipts"].with_options(write_concern=WriteConcern("majority", j=True))
    source = iter(documents)
    started = time.perf_counter()
    while part := list(islice(source, INSERTED_TOGETHER)):
        durable.insert_many(part, ordered=False)
    return len(documents) / (time.perf_counter() - started)
