"""The persistence worker: receipts/s from the queue into MongoDB, beside `insert_many` alone."""

import sys
import time
from itertools import islice
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from loadtest.bench.harness import Options, Result
from loadtest.bench.log_writer import MESSAGE_RECEIPTS, stamped, write_log
from loadtest.bench.private import running, running_system
from loadtest.bench.usage import cpu_seconds
from loadtest.receipt_pool import generated
from loadtest.waiting import wait_until
from tillstream.errors import TillstreamError

#: The issue's target, receipts per second.
TARGET = 25_000
#: Documents of one `insert_many`, as the worker writes them.
INSERTED_TOGETHER = 2_000
STORED_SECONDS = 300

Document = dict[str, Any]


def measure(options: Options, series: Result) -> None:
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
            made = generated(count, system.environ)
            write_log(system.amqp_url, stamped(made), MESSAGE_RECEIPTS)
            receipts = client["tillstream"]["receipts"]
            mongod = system.pids()["mongod"]
            with running([sys.executable, "-m", "persistence"], system.environ) as process:
                worker = process.pid
                first = when_stored(receipts, 1)
                before = cpu_seconds(worker), cpu_seconds(mongod), receipts.count_documents({})
                last = when_stored(receipts, count)
                used = cpu_seconds(worker) - before[0], cpu_seconds(mongod) - before[1]
            rest = count - before[2]
            series.add("writer: stored", "receipts/s", rest / (last - first), "higher", TARGET)
            series.add("writer: CPU for a receipt", "us", 1e6 * used[0] / rest, "lower")
            series.add("writer: CPU of mongod for a receipt", "us", 1e6 * used[1] / rest, "lower")
            rate = _insert_alone(client, receipts)
            series.add("insert_many alone", "receipts/s", rate, "higher")


def when_stored(receipts: Collection[Document], count: int) -> float:
    """When so many are stored, by the clock that measures; raises TillstreamError."""
    if not wait_until(
        lambda: receipts.estimated_document_count() >= count, STORED_SECONDS, poll_seconds=0.02
    ):
        raise TillstreamError(f"not all receipts were stored in {STORED_SECONDS} s")
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
